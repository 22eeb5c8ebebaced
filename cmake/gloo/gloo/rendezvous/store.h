#pragma once
#include <chrono>
#include <string>
#include <vector>
namespace gloo::rendezvous {
class Store {
 public:
  virtual ~Store();
  virtual void set(const std::string&, const std::vector<char>&);
  virtual std::vector<char> get(const std::string&);
  virtual void wait(const std::vector<std::string>&);
  virtual void wait(const std::vector<std::string>&, const std::chrono::milliseconds&);
};
}  // namespace gloo::rendezvous
