// The Python that runs a rival, with the packages that it wants.
#pragma once

#include <string>

#include "compare/rival.h"

namespace gulo {

class RivalEnvironment {
 public:
  // `python`: the user's own (--python), which has all packages; empty: an environment in $XDG_CACHE_HOME/gulo/rivals,
  // made and filled on first use by pip within the pins of FOLDER/constraints.txt.
  RivalEnvironment(std::string python, const std::string& rivals_folder);

  // The program that can run this rival; installs what is missing and says so. A rival without packages runs by python3
  // of the PATH. Throws Error (kDevice) where a package cannot be installed.
  std::string python_for(const Rival& rival) const;

 private:
  std::string install(const Rival& rival) const;

  std::string python_, constraints_path_, folder_;
};

}  // namespace gulo
