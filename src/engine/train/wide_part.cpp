#include "engine/train/wide_part.h"

namespace gulo {
namespace {

using nlohmann::json;

uint64_t n_parameters(const WideResult& wide) { return wide.n_parameters; }
uint64_t n_parameters(const BankResult& bank) { return bank.n_parameters; }
uint64_t n_parameters(const ForestResult& forest) { return forest.tensors.nodes.size() + forest.tensors.leaves.size(); }

void put(const WideSpec& part, ModelSpec& spec) { spec.wide = part; }
void put(const ConvolutionBankSpec& part, ModelSpec& spec) { spec.bank = part; }
void put(const ForestSpec& part, ModelSpec& spec) { spec.forest = part; }

TensorMap tensors(const WideResult& wide, size_t) { return wide.tensors.tensors(); }
TensorMap tensors(const BankResult& bank, size_t) { return bank.tensors.tensors(bank.spec); }
TensorMap tensors(const ForestResult& forest, size_t n_labels) { return forest.tensors.tensors(n_labels); }

json record(const WideResult& wide) {
  return {{"recipe", wide.recipe}, {"epochs", wide.epochs},         {"refitted", wide.refits > 0},
          {"refits", wide.refits}, {"rows", wide.tensors.n_rows()}, {"quantisation_cost", wide.quantisation_cost}};
}

json record(const BankResult& bank) {
  return {{"recipe", "bank of convolutions"},
          {"features", bank.spec.n_features()},
          {"penalty", bank.penalty},
          {"leave_one_out_error", bank.loo_error},
          {"refitted", bank.refitted}};
}

json record(const ForestResult& forest) {
  return {{"recipe", "forest"},           {"trees", forest.spec.n_trees},
          {"nodes", forest.spec.n_nodes}, {"least_rows", forest.growth.least_rows},
          {"cuts", forest.growth.n_cuts}, {"refitted", forest.refitted}};
}

}  // namespace

const std::vector<float>& valid_logits_of(const WidePart& part) {
  return std::visit([](const auto& wide) -> const std::vector<float>& { return wide.valid_logits; }, part);
}

uint64_t n_parameters_of(const WidePart& part) {
  return std::visit([](const auto& wide) { return n_parameters(wide); }, part);
}

void put_spec(const WidePart& part, ModelSpec& spec) {
  std::visit([&](const auto& wide) { put(wide.spec, spec); }, part);
}

TensorMap tensors_of(const WidePart& part, size_t n_labels) {
  return std::visit([&](const auto& wide) { return tensors(wide, n_labels); }, part);
}

json record_of(const WidePart& part, bool is_validated) {
  return std::visit(
      [&](const auto& wide) {
        json said = record(wide);
        said["seconds"] = wide.seconds;
        said["valid_error"] = is_validated ? json(wide.valid_error) : json();
        return said;
      },
      part);
}

}  // namespace gulo
