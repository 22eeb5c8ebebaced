// The fields of a JSON object that nobody vouches for, checked as they are taken.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace gulo {

// Throws Error (kData) with the hint kDamagedHint unless the condition holds.
void require_valid(bool condition, const std::string& message);

// `where` is the object's path in the file, "spec.deep"; every Error (kData) names the field with it: absent, of the
// wrong type, out of range. The object must outlive the fields.
class Fields {
 public:
  Fields(const nlohmann::json& object, std::string where);

  const nlohmann::json& at(const char* key) const;
  int integer(const char* key, int low, int high) const;
  std::vector<int> integers(const char* key, int low, int high) const;
  double finite(const char* key) const;
  double finite(const char* key, double low, double high) const;
  std::vector<double> finites(const char* key, size_t size) const;
  bool boolean(const char* key) const;
  std::string text(const char* key) const;
  const nlohmann::json& list(const char* key) const;
  // A channel count: what kernels with 16 lanes take.
  int width(const char* key) const;
  std::string name(const char* key) const { return where_ + "." + key; }

 private:
  const nlohmann::json& object_;
  std::string where_;
};

}  // namespace gulo
