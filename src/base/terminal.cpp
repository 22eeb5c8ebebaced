#include "base/terminal.h"

#include <cstdlib>
#include <cstring>
#include <initializer_list>

namespace gulo {

bool terminal_speaks_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;  // POSIX: an empty variable counts as unset
    return strcasestr(value, "utf-8") != nullptr || strcasestr(value, "utf8") != nullptr;
  }
  return false;
}

}  // namespace gulo
