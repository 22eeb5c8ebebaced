// Ctrl-C: the first asks the work to end and keep what it has, a second stops the program at once.
#pragma once

namespace gulo {

// From now on SIGINT and SIGTERM set interrupted() once; the next one has its usual effect.
void catch_interrupts();
bool interrupted();

}  // namespace gulo
