// Help texts, made from the records.
#pragma once

#include <string>

#include "cli/options.h"

namespace gulo {

// What `gulo --help` prints.
std::string overview();
// What `gulo COMMAND --help` prints.
std::string command_help(const CommandRecord& command);
// The middle of docs/commands.md (`gulo markdown`, for the makers of the document): every command with its options.
std::string markdown_manual();

}  // namespace gulo
