// For tests: a folder that is gone at the end, and files in it.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace gulo {

class TemporaryTree {
 public:
  TemporaryTree() { root_ = mkdtemp(std::string("/tmp/gulo_test_XXXXXX").data()); }
  TemporaryTree(const TemporaryTree&) = delete;
  TemporaryTree& operator=(const TemporaryTree&) = delete;
  ~TemporaryTree() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }

  const std::string& root() const { return root_; }
  std::string path(const std::string& below) const { return root_ + '/' + below; }

  std::string folder(const std::string& below) const {
    std::filesystem::create_directories(path(below));
    return path(below);
  }

  std::string file(const std::string& below, std::string_view content) const {
    std::filesystem::create_directories(std::filesystem::path(path(below)).parent_path());
    std::ofstream(path(below), std::ios::binary) << content;
    return path(below);
  }

  // A socket's file, which stays when nobody listens any more. False: it could not be made.
  bool socket_file(const std::string& below) const {
    sockaddr_un address{AF_UNIX, {}};
    path(below).copy(address.sun_path, sizeof address.sun_path - 1);
    const int number = socket(AF_UNIX, SOCK_STREAM, 0);
    if (number < 0) return false;
    const bool bound = bind(number, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    close(number);
    return bound;
  }

 private:
  std::string root_;
};

}  // namespace gulo
