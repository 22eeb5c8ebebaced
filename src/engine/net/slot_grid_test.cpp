// Pictures in slots against packed ones: values, gradients, statistics; on a device too, where there is one.
#include "engine/net/slot_grid.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/core.h>

#include <cmath>
#include <vector>

#include "base/rng.h"
#include "data/all_items.h"
#include "engine/feed/pixel_batch.h"
#include "engine/net/pixel_network.h"
#include "engine/net/random_pictures.h"
#include "engine/net/tensor_checks.h"
#include "kernel/cuda_test.h"

namespace gulo {
namespace {

const std::vector<Size> kMixedInSlots{{8, 8, 3},   {32, 32, 3}, {1, 1, 3}, {30, 9, 1},
                                      {13, 27, 4}, {31, 32, 3}, {32, 7, 3}};
const std::vector<Size> kAlike{{17, 17, 3}, {17, 17, 3}, {17, 17, 3}, {17, 17, 3}};

Batch packed(const Corpus& corpus, int channels) {
  PixelPacker packer(channels);
  for (uint32_t i = 0; i < corpus.n_items(); ++i) {
    const auto& extents = corpus.shapes[i].extents;
    packer.add({corpus.view(i), i, 0, 0, static_cast<int32_t>(extents[0]), static_cast<int32_t>(extents[1]), false});
  }
  return packer.take();
}

// As slots on `device`, with `margin` blank pixels more than the largest needs.
SlotBatch in_slots(const Batch& batch, int channels, const at::Device& device, int64_t margin = 0) {
  SlotBatch slots = pictures_in_slots(batch, channels);
  slots.values[0] = at::constant_pad_nd(slots.values[0], {0, 0, 0, margin, 0, margin}).to(device).to(at::kFloat) / 255;
  slots.values[1] = margin > 0 || slots.values[1].defined() ? batch.values[1].to(device) : at::Tensor();
  return slots;
}

PixelNetworkSpec spec_of(int stride) {
  PixelNetworkSpec spec;
  spec.stem_stride = stride;
  spec.stem_filters = 8;
  spec.layers = {{32, true}, {32, false}, {48, true}};
  spec.window = 32;
  spec.n_labels = 5;
  return spec;
}

PixelNetwork fitted(const Corpus& corpus, const PixelNetworkSpec& spec, at::ScalarType dtype) {
  PixelNetwork network(spec, 3, dtype);
  network.fit_stem(corpus, all_items(corpus), 1);
  at::manual_seed(1);
  for (const Parameter& p : network.parameters()) {
    if (p.name.starts_with("head")) p.value.detach().normal_();
    // A layer that copies zeros has maxima alike, of which either may be taken.
    if (p.name.starts_with("layer") && p.name.ends_with("weight"))
      p.value.detach().add_(at::randn_like(p.value.detach()), 0.05);
    if (p.name.ends_with("bias")) p.value.detach().normal_(0, 0.3);
    if (p.name.ends_with("variance")) p.value.uniform_(0.5, 2);
  }
  return network;
}

// Two networks of the same weights: packed on the CPU, and in slots on the device.
void test_step(const std::vector<Size>& sizes, int stride, int64_t margin, const at::Device& device) {
  SCOPED_TRACE(fmt::format("{} pictures, stride {}, margin {}", sizes.size(), stride, margin));
  const Corpus corpus = random_pictures(sizes);
  PixelNetwork packed_network = fitted(corpus, spec_of(stride), at::kFloat),
               network = fitted(corpus, spec_of(stride), at::kFloat);
  network.to(device);
  const Batch batch = packed(corpus, 3);
  const SlotBatch slots = in_slots(batch, 3, device, margin);
  {
    const at::NoGradGuard no_grad;
    EXPECT_LT(relative_error(network.forward_slots(slots, nullptr), packed_network.forward(batch, nullptr)), 1e-5);
  }
  const TrainStep step;
  const at::Tensor exact = packed_network.forward(batch, &step), logits = network.forward_slots(slots, &step);
  EXPECT_LT(relative_error(logits, exact), 1e-5);
  const at::Tensor direction = at::randn_like(exact);
  (exact * direction).sum().backward();
  (logits * direction.to(device)).sum().backward();
  for (size_t i = 0; i < network.parameters().size(); ++i) {
    const Parameter &mine = network.parameters()[i], &other = packed_network.parameters()[i];
    EXPECT_LT(relative_error(mine.value.detach(), other.value.detach()), 1e-5) << mine.name;  // statistics, too
    if (mine.trained) {
      EXPECT_LT(relative_error(mine.value.grad(), other.value.grad()), 2e-4) << mine.name;
    }
  }
}

void test_steps(const at::Device& device) {
  for (const int stride : {1, 2, 3, 4}) {
    test_step(kMixedInSlots, stride, 0, device);
    test_step(kAlike, stride, 0, device);  // all slots are full
    test_step(kAlike, stride, 6, device);
  }
}

TEST(SlotGridTest, AStepIsThatOfPackedPictures) { test_steps(at::kCPU); }

TEST(SlotGridTest, AStepIsThatOfPackedPicturesOnADevice) {
  GULO_SKIP_WITHOUT_CUDA();
  at::globalContext().setAllowTF32CuBLAS(false);
  at::globalContext().setAllowTF32CuDNN(false);
  test_steps(at::kCUDA);
}

TEST(SlotGridTest, APictureAloneHasTheLogitsThatItHasAmongOthers) {
  const at::NoGradGuard no_grad;
  const Corpus corpus = random_pictures(kMixedInSlots);
  PixelNetwork network = fitted(corpus, spec_of(2), at::kFloat);
  const SlotBatch all = in_slots(packed(corpus, 3), 3, at::kCPU);
  const at::Tensor together = network.forward_slots(all, nullptr);
  for (size_t i = 0; i < kMixedInSlots.size(); ++i) {
    const auto which = static_cast<int64_t>(i);
    const SlotBatch alone{{all.values[0].narrow(0, which, 1), all.values[1].narrow(0, which, 1)}, 1};
    EXPECT_LT((network.forward_slots(alone, nullptr)[0] - together[which]).abs().max().item<double>(), 1e-4);
  }
}

TEST(SlotGridTest, PredictionsOnADeviceAreTheCpus) {
  GULO_SKIP_WITHOUT_CUDA();
  at::globalContext().setAllowTF32CuBLAS(false);
  at::globalContext().setAllowTF32CuDNN(false);
  const Corpus corpus = random_pictures({{8, 8, 3}, {70, 65, 3}, {32, 32, 3}, {50, 9, 1}});
  PixelNetworkSpec spec = spec_of(2);
  spec.mirrored = true;
  PixelNetwork network = fitted(corpus, spec, at::kFloat);
  const std::vector<float> expected = network.logits(corpus.views(all_items(corpus)), 0);
  network.to(at::kCUDA);
  const std::vector<float> logits = network.logits(corpus.views(all_items(corpus)), 0);
  for (size_t i = 0; i < logits.size(); ++i) EXPECT_NEAR(logits[i], expected[i], 1e-3);
}

}  // namespace
}  // namespace gulo
