// The wide part of kind samples as a model file holds it: a bank of convolutions (kernel/convolution_bank.h) and a
// linear head over its features.
//
// tensors: wide.bank.channels U8  [n_groups, n_channels]  1 where the channel is in the group's sum
//          wide.bank.bias     F32 [n_features]
//          wide.bank.weight   F32 [n_features, n_labels]
//          wide.bank.offset   F32 [n_labels]
// logits[k] = offset[k] + sum over features f of feature[f] * weight[f][k].
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "kernel/convolution_bank.h"
#include "model/safetensors.h"

namespace gulo {

struct ConvolutionBankSpec {
  static constexpr int kMaxChannels = 4096, kMaxGroups = 4096, kMaxDilation = 1 << 20, kMaxBiases = 4096;
  int n_channels = 1;          // of an item; more than an item has are zeros, an item's further ones are left out
  std::vector<int> dilations;  // [n_groups] samples between two taps
  std::vector<int> n_biases;   // [n_groups] of each of a group's kernels

  size_t n_groups() const { return dilations.size(); }
  size_t n_features() const;
  bool operator==(const ConvolutionBankSpec&) const = default;
};

nlohmann::json to_json(const ConvolutionBankSpec& spec);
// `where` is the object's path, for messages. Throws Error (kData) that names the field: absent, of the wrong type, out
// of range, lists of different lengths.
ConvolutionBankSpec convolution_bank_spec_from_json(const nlohmann::json& object,
                                                    const std::string& where = "spec.wide.bank");

// A tensor that a spec asks for.
struct BankTensorShape {
  std::string name, dtype;
  std::vector<uint64_t> shape;
};
std::vector<BankTensorShape> bank_tensor_shapes(const ConvolutionBankSpec& spec, size_t n_labels);
// Throws Error (kData) that names the tensor: absent, of another type or shape, a channel that is neither 0 nor 1.
void check_bank_tensors(const ConvolutionBankSpec& spec, size_t n_labels, const TensorMap& tensors);

// The tensors of a bank that was trained here. Owns the bytes that `tensors` show.
struct BankTensors {
  std::vector<uint8_t> channels;
  std::vector<float> biases, weights, offsets;
  TensorMap tensors(const ConvolutionBankSpec& spec) const;
};

// The kernel's view of both; they must outlive it.
ConvolutionBank bank_view(const ConvolutionBankSpec& spec, const uint8_t* channels, const float* biases);

}  // namespace gulo
