// What a training has come to, so that it can go on with the same result: facts and tensors, in parts.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "engine/cluster/cluster.h"
#include "model/safetensors.h"

namespace gulo {

struct TrainingState {
  nlohmann::json facts = nlohmann::json::object();
  std::map<std::string, at::Tensor> tensors;  // on the CPU, contiguous

  // The whole of `part` under a name.
  void put(const std::string& name, const TrainingState& part);
  // What was put under that name; nothing where nothing was.
  std::optional<TrainingState> part(const std::string& name) const;

  // Throw Error (kData) where the fact or the tensor is absent or of another type.
  template <class T>
  T fact(const std::string& name) const {
    const auto found = facts.find(name);
    if (found == facts.end()) refuse("has no '" + name + "'");
    try {
      return found->template get<T>();
    } catch (const nlohmann::json::exception&) {
      refuse("'" + name + "' is of the wrong type");
    }
  }
  const at::Tensor& tensor(const std::string& name) const;
  // In place; the shapes and types must agree.
  void copy_tensor(const std::string& name, at::Tensor to) const;

  // T: float, int8_t, uint8_t, uint32_t or uint64_t.
  template <class T>
  void put_values(const std::string& name, const std::vector<T>& values);
  template <class T>
  std::vector<T> values(const std::string& name) const;

 private:
  [[noreturn]] static void refuse(const std::string& what);
};

// Of a contiguous tensor on the CPU, which must outlive it, of a type that a state holds.
TensorView view_of(const at::Tensor& tensor);

// A safetensors file that is replaced whole or not at all. Throws Error (kDevice).
void save_training_state(const std::string& path, const TrainingState& state);
// Rank 0's in all processes.
TrainingState share_training_state(Cluster& cluster, const TrainingState& state);
// Throws Error (kData): no such file, damaged, of another version.
TrainingState load_training_state(const std::string& path);

}  // namespace gulo
