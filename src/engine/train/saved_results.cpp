#include "engine/train/saved_results.h"

#include <ATen/ATen.h>

#include <string>
#include <tuple>

#include "base/error.h"
#include "base/state_stream.h"

namespace gulo {

void put_results(TrainingState& state, const DeepNetwork& network, const DeepResult& result,
                 const std::vector<at::Tensor>& best) {
  state.facts["network"] = to_json(network.saved_spec());
  state.facts["valid_error"] = result.valid_error;
  for (const DeepCurvePoint& point : result.curve)
    state.facts["curve"].push_back({point.seconds, point.step, point.loss, point.valid_error});
  state.put_values("valid_logits", result.valid_logits);
  for (size_t i = 0; i < best.size(); ++i) state.tensors["best." + std::to_string(i)] = best[i];
}

void take_results(const TrainingState& state, const DeepNetwork& network, DeepResult& result,
                  std::vector<at::Tensor>& best) {
  require(state.fact<nlohmann::json>("network") == to_json(network.saved_spec()), ErrorKind::kData,
          "the checkpoint is of another network", "leave --resume out to begin anew");
  result.valid_error = state.fact<double>("valid_error");
  if (state.facts.contains("curve"))
    for (const auto& [seconds, step, loss, error] :
         state.fact<std::vector<std::tuple<double, int64_t, double, double>>>("curve"))
      result.curve.push_back({seconds, step, loss, error});
  result.valid_logits = state.values<float>("valid_logits");
  for (size_t i = 0; state.tensors.contains("best." + std::to_string(i)); ++i)
    best.push_back(state.tensor("best." + std::to_string(i)));
  StateStream::check(best.empty() || best.size() == network.parameters().size());
}

}  // namespace gulo
