// Shared objects that lie beside the program and are loaded when they are first needed: what links with libraries that
// take longer to load than gulo takes to start.
#pragma once

#include <string>

namespace gulo {

// What `file` exports as `symbol`; never unloaded. Throws Error (kDevice): `absent` and `hint` where there is no such
// file, else why it cannot be loaded.
void* plugin_symbol(const std::string& file, const char* symbol, const std::string& absent, const std::string& hint);

}  // namespace gulo
