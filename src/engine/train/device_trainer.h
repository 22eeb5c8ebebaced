// Trains the deep part on a device that holds the corpus, or two shards of it at a time: batches are drawn there, and a
// step with everything in it, the learning rate's schedule too, is one CUDA graph. The host replays it and now and then
// reads the loss. On the CPU the same steps run one after the other without a graph: for tests, as deep_trainer.h is
// faster there.
//
// Of several processes each has a device, draws the same batches there and learns from its own slots of each. What
// comes before and after the sum of gradients are two graphs, and the sum is in neither: in a graph nobody would notice
// that another process is lost, and all would wait for it for ever.
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <functional>
#include <vector>

#include "engine/net/deep_network.h"
#include "engine/train/deep_trainer.h"
#include "engine/train/device_optimiser.h"
#include "engine/train/device_setup.h"
#include "engine/train/training_state.h"

namespace gulo {

// The steps of a training. What they change lies on the network's device.
class DeviceSteps {
 public:
  // cluster: of processes that have the same setup; null where there is one process.
  DeviceSteps(DeviceSetup setup, at::ScalarType dtype, Cluster* cluster = nullptr);

  // Puts one step on the device: draw, forward, loss, backward, update, schedule. Never waits where there is one
  // process. Where the feed's shards come and go, setup().feed->reserve() comes before.
  void step();
  // Its parts where there are several, to be called one after the other; what they tell each other lies in one tensor.
  void learn();
  void sum();
  void update();
  // Of one process: the same but for the draw, on one batch, drawn by hold_batch(), until drop_batch() makes all as it
  // was then. What a step costs without its feed.
  void hold_batch();
  void step_on_held_batch();
  void drop_batch();
  // All that steps change, and what they draw next. Of several processes all call it, and each has everybody's.
  TrainingState saved();
  // Goes on from there, behind n_steps: shards up to then come and go once more. Throws Error (kData) where the state
  // does not fit.
  void restore(const TrainingState& state, int64_t n_steps);
  // From now on a step takes so much of the training, of which fraction() is done; the rate goes up within the first 3
  // % and in a straight line down to zero at 1.
  void set_fraction_per_step(double fraction);
  // These wait for the device.
  double fraction() const;
  double loss() const;  // mean of the latest steps

  DeepNetwork& network() { return *setup_.network; }
  const DeviceSetup& setup() const { return setup_; }

 private:
  void learn_from(DrawnSlots drawn);
  at::Generator generator() const;  // of what is dropped
  std::vector<at::Tensor> state();  // all that steps of one process change
  void put_sums();
  void take_sums();

  DeviceSetup setup_;
  DeviceOptimiser optimiser_;
  Cluster* cluster_;
  std::vector<at::Tensor> trained_;
  at::Tensor fraction_, per_step_, loss_, step_loss_;  // double [], double [], float [], float []
  at::Tensor sums_;  // all gradients one behind the other, then the loss; undefined where there is one process
  // Of hold_batch():
  DrawnSlots held_;
  std::vector<at::Tensor> state_then_;
  at::Tensor generator_then_;
};

// As train_deep(), but for options.setup: `setup` makes network and feed. The network that comes back is on the CPU.
DeepResult train_deep_on_device(const Corpus& corpus, const std::vector<uint32_t>& valid, const DeepOptions& options,
                                const at::Device& device, const std::function<DeviceSetup(double flops_per_s)>& setup);

}  // namespace gulo
