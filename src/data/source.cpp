#include "data/source.h"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/error.h"
#include "base/progress.h"
#include "base/utf8.h"
#include "data/archive.h"
#include "data/folder.h"
#include "data/layout.h"
#include "data/list_file.h"
#include "data/skip_tally.h"

namespace gulo {

namespace {

constexpr const char* kFormsHint =
    "DATA is a folder LABEL/FILE, an archive of such (.tar, .tar.zst, .tar.gz, .zip), or a list (.tsv, .csv)";

Listing list_folder(const std::string& data, const SourceOptions& options, SkipTally& skipped) {
  return list_tree(data, walk_folder(data, skipped), join_path(data, ""), options);
}

Listing list_members(const std::string& data, const SourceOptions& options, SkipTally& skipped) {
  const ArchiveTree tree = list_archive(data, options.keep_bytes, skipped);
  Listing listing = list_tree(data, tree.entries, "", options);
  listing.archive = true;
  listing.contents = tree.contents;
  return listing;
}

Listing list_any(const std::string& data, const SourceOptions& options, SkipTally& skipped) {
  std::error_code error;
  const auto type = std::filesystem::status(data, error).type();
  require(type != std::filesystem::file_type::not_found, ErrorKind::kData, "does not exist", kFormsHint, data);
  require(type != std::filesystem::file_type::none, ErrorKind::kData, "cannot be read: " + error.message(), "", data);
  if (!options.label_column.empty() && !has_list_name(data))
    warn("--label is for lists (.tsv, .csv) and has no meaning for " + printable_utf8(data));
  if (type == std::filesystem::file_type::directory) return list_folder(data, options, skipped);
  require(type == std::filesystem::file_type::regular, ErrorKind::kData, "is neither a folder nor a file", kFormsHint,
          data);
  if (has_list_name(data)) return list_list_file(data, options);
  require(has_archive_name(data), ErrorKind::kData, "is no form of data that gulo knows by its name", kFormsHint, data);
  return list_members(data, options, skipped);
}

}  // namespace

Listing list_source(const std::string& data, const SourceOptions& options) {
  SkipTally skipped;
  Listing listing = list_any(data, options, skipped);
  listing.n_skipped = skipped.n_skipped();
  skipped.warn_of_all();
  return listing;
}

}  // namespace gulo
