// What the person's terminal can show.
#pragma once

namespace gulo {

// True where block characters (█ ▂) arrive as such. Judged by the environment (LC_ALL, LC_CTYPE, LANG) and not by
// nl_langinfo: a library must not call setlocale for its program.
bool terminal_speaks_utf8();

}  // namespace gulo
