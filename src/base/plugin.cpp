#include "base/plugin.h"

#include <dlfcn.h>
#include <fmt/core.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

namespace gulo {

void* plugin_symbol(const std::string& file, const char* symbol, const std::string& absent, const std::string& hint) {
  const std::string path = program_folder() + "/" + file;
  require(access(path.c_str(), F_OK) == 0, ErrorKind::kDevice, absent, hint, path);
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  const char* reason = library ? "" : dlerror();
  require(library, ErrorKind::kDevice, fmt::format("cannot be loaded: {}", reason ? reason : "no reason is given"),
          "build gulo again with the libraries that are there now", path);
  void* found = dlsym(library, symbol);
  require(found, ErrorKind::kDevice, "is of another version", "build it again", path);
  return found;
}

}  // namespace gulo
