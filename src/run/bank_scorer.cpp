#include "run/bank_scorer.h"

namespace gulo {

void bank_features(const ConvolutionBank& bank, const ItemView& item, BankScratch& scratch, float* features) {
  const size_t n_steps = item.shape.extents[0], n_item_channels = item.shape.extents[1];
  scratch.values.resize(item.shape.n_values());
  scratch.planes.resize(bank.n_channels * n_steps);
  values_as_float(item, scratch.values);
  convolution_bank_planes(scratch.values.data(), n_steps, n_item_channels, bank.n_channels, scratch.planes.data());
  convolution_bank_cpu(bank, scratch.planes.data(), n_steps, scratch.convolution, features);
}

BankScorer::BankScorer(const ConvolutionBankSpec& spec, size_t n_labels, const TensorMap& tensors)
    : spec_(spec), n_labels_(n_labels) {
  check_bank_tensors(spec_, n_labels, tensors);
  bank_ = bank_view(spec_, tensors.at("wide.bank.channels").as<uint8_t>(), tensors.at("wide.bank.bias").as<float>());
  weights_ = tensors.at("wide.bank.weight").as<float>();
  offsets_ = tensors.at("wide.bank.offset").as<float>();
}

std::vector<float> BankScorer::logits(const ItemView& item, BankScratch& scratch) const {
  scratch.features.resize(bank_.n_features());
  bank_features(bank_, item, scratch, scratch.features.data());
  // In double: thousands of products that mostly cancel.
  std::vector<double> sums(offsets_, offsets_ + n_labels_);
  const float* weight = weights_;
  for (const float feature : scratch.features)
    for (double& sum : sums) sum += static_cast<double>(feature) * static_cast<double>(*weight++);
  return {sums.begin(), sums.end()};
}

}  // namespace gulo
