// List files: a path and a label a line.
#pragma once

#include <string>

#include "data/source.h"

namespace gulo {

// True for names that end with .tsv or .csv.
bool has_list_name(const std::string& path);

// .tsv: PATH TAB LABEL, or more columns by the rules of .csv. .csv: the label column is options.label_column, else the
// one called label, class or target, else the last; the path column is the one called path, file, filename or name,
// else the first other one. The first row is a header where its path cell names no file and either one of its cells is
// a name above (or options.label_column), or the second row's path cell does name a file. Relative paths count from the
// list's own folder. Errors as list_source.
Listing list_list_file(const std::string& path, const SourceOptions& options);

}  // namespace gulo
