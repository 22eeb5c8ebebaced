// What a CUDA device does with the deep part, as one JSON object: steps with and without a graph, own kernels beside
// LibTorch's ways, and the same training on this machine's CPU. bench/gpu.sh runs it; docs/gpu.md says what the figures
// are.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.h"
#include "base/rng.h"
#include "data/corpus.h"
#include "engine/device/device_graph.h"
#include "engine/feed/packed_batch.h"
#include "engine/net/byte_network.h"
#include "engine/net/slot_rows.h"
#include "engine/net/tile_product.h"
#include "engine/train/deep_plan.h"
#include "engine/train/device_trainer.h"
#include "engine/train/gemm_probe.h"
#include "kernel/byte_stem.h"
#include "kernel/cuda_device.h"

namespace gulo {
namespace {

using nlohmann::json;

double now_s() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// Items of random bytes, 4 KiB each, of ten labels.
Corpus random_corpus(size_t n_items) {
  Rng rng(1);
  Corpus corpus;
  for (int k = 0; k < 10; ++k) corpus.labels.push_back(fmt::format("label{}", k));
  std::vector<uint8_t> item(4096);
  for (size_t i = 0; i < n_items; ++i) {
    for (uint8_t& byte : item) byte = static_cast<uint8_t>(rng());
    corpus.arena.insert(corpus.arena.end(), item.begin(), item.end());
    corpus.offsets.push_back(corpus.arena.size());
    corpus.item_labels.push_back(static_cast<int>(i % 10));
  }
  corpus.arena.resize(corpus.arena.size() + Corpus::kArenaPadding);
  return corpus;
}

std::vector<uint32_t> all_items(const Corpus& corpus) {
  std::vector<uint32_t> items(corpus.n_items());
  for (size_t i = 0; i < items.size(); ++i) items[i] = static_cast<uint32_t>(i);
  return items;
}

DeepPlan plan_of(int width) {
  DeepPlan plan;
  plan.spec.taps = 8;
  plan.spec.stem_width = width;
  plan.spec.stages = {{width, 3, 1}, {width * 3 / 2, 2, 4}};
  plan.spec.window_bytes = 4096;
  plan.spec.n_labels = 10;
  plan.step_bytes = 1 << 20;
  return plan;
}

// Milliseconds of `work`, the median of several runs that the device has finished.
double milliseconds(DeviceGraph& stream, int n_calls, const std::function<void()>& work) {
  std::vector<double> times_ms;
  for (int run = 0; run < 7; ++run) {
    const double start_s = now_s();
    stream.run([&] {
      for (int i = 0; i < n_calls; ++i) work();
    });
    times_ms.push_back(1e3 * (now_s() - start_s) / n_calls);
  }
  return median(times_ms);
}

// Milliseconds a step of a graph of kSteps, the median of several replays; of each what it waits for shards is part.
constexpr int kSteps = 20;
double replay_ms(DeviceGraph& graph, SlotFeed* feed, int64_t* n_done) {
  std::vector<double> times_ms;
  while (times_ms.size() < 15) {
    const double start_s = now_s();
    if (feed && feed->reserve(*n_done, kSteps) < kSteps) throw Error(ErrorKind::kDevice, "a shard has too few steps");
    graph.replay();
    *n_done += kSteps;
    times_ms.push_back(1e3 * (now_s() - start_s) / kSteps);
  }
  double sum_ms = 0;
  for (const double time_ms : times_ms) sum_ms += time_ms;
  // Shards come every few replays: a median would not see them.
  return feed && feed->n_shards_copied() > 0 ? sum_ms / static_cast<double>(times_ms.size()) : median(times_ms);
}

json steps_of(const Corpus& corpus, int width, int64_t step_bytes, double peak_flops_per_s, const DeviceRoom& room) {
  DeepPlan plan = plan_of(width);
  plan.step_bytes = step_bytes;
  DeviceGraph graph;
  std::optional<DeviceSteps> steps;
  graph.run([&] {
    DeviceSetup setup = setup_on_device(corpus, all_items(corpus), plan, 0, at::kBFloat16, room);
    setup.network->to(at::kCUDA);
    steps.emplace(std::move(setup), at::kBFloat16);
    steps->set_fraction_per_step(1e-6);
  });
  SlotFeed& feed = *steps->setup().feed;
  int64_t n_done = 0;
  const auto step = [&] {
    feed.reserve(n_done++, 1);
    steps->step();
  };
  for (int i = 0; i < 4; ++i) graph.run(step);
  const double eager_ms = milliseconds(graph, 5, step);
  feed.reserve(n_done, 1);
  graph.run([&] { steps->hold_batch(); });
  graph.capture([&] { steps->step_on_held_batch(); }, kSteps);
  int64_t n_held = 0;
  const double held_ms = replay_ms(graph, nullptr, &n_held);
  graph.run([&] { steps->drop_batch(); });
  graph.capture([&] { steps->step(); }, kSteps);
  const double graph_ms = replay_ms(graph, &feed, &n_done), flops = 3 * steps->setup().forward_flops;
  const double bytes = feed.mean_bytes() * static_cast<double>(feed.n_slots());
  return {{"width", width},
          {"parameters", steps->network().n_parameters()},
          {"step_bytes", bytes},
          {"eager_ms", eager_ms},
          {"graph_ms", graph_ms},
          {"graph_speedup", eager_ms / graph_ms},
          {"held_batch_ms", held_ms},
          {"feed_overhead", graph_ms / held_ms},
          {"shards_copied", feed.n_shards_copied()},
          {"bytes_per_s", 1e3 * bytes / graph_ms},
          {"flop_utilisation", 1e3 * flops / graph_ms / peak_flops_per_s},
          {"loss_is_finite", std::isfinite(steps->loss())}};
}

// Prediction over many items: from the host's memory to their answers, as validation and prediction do it, and the
// network alone, over a batch that is there.
json scan_of(const Corpus& corpus, int width) {
  DeviceGraph graph;
  const auto made = std::make_shared<ByteNetwork>(plan_of(width).spec, 0, at::kBFloat16);
  made->to(at::kCUDA);
  std::vector<ItemView> items;
  for (const uint32_t item : all_items(corpus)) items.push_back(corpus.view(item));
  const double scan_ms = milliseconds(graph, 1, [&] { made->logits(items, 0); });

  const int64_t n_slots = 1024, slot_rows = rows_for_window(made->spec().window_bytes, made->coarse_row_bytes());
  const at::Tensor bytes =
      at::randint(256, {n_slots * slot_rows * made->coarse_row_bytes()}, at::device(at::kCUDA).dtype(at::kShort));
  const at::Tensor keep = at::ones({n_slots * slot_rows}, at::device(at::kCUDA).dtype(at::kByte));
  const double forward_ms = milliseconds(graph, 10, [&] {
    const at::NoGradGuard no_grad;
    made->forward_slots({{bytes, keep}, n_slots}, nullptr);
  });
  const double window_bytes = made->spec().window_bytes;
  return {{"width", width},
          {"scanned_bytes", corpus.n_bytes()},
          {"scan_gb_per_s", 1e-6 * static_cast<double>(corpus.n_bytes()) / scan_ms},
          {"forward_gb_per_s", 1e-6 * static_cast<double>(n_slots) * window_bytes / forward_ms}};
}

// Forward and backward of both ways, and their ratio: above 1 the own kernel is faster.
json beside(DeviceGraph& stream, const std::string& name, const std::function<at::Tensor()>& own,
            const std::function<at::Tensor()>& torch) {
  const auto both_ways = [](const std::function<at::Tensor()>& forward) {
    return [&forward] { forward().sum().backward(); };
  };
  milliseconds(stream, 3, both_ways(own));
  milliseconds(stream, 3, both_ways(torch));
  const double own_ms = milliseconds(stream, 10, both_ways(own)), torch_ms = milliseconds(stream, 10, both_ways(torch));
  return {{"name", name}, {"own_ms", own_ms}, {"torch_ms", torch_ms}, {"ratio", torch_ms / own_ms}};
}

json kernels() {
  DeviceGraph stream;
  json results = json::array();
  stream.run([] {});
  const auto on_device = at::device(at::kCUDA);
  constexpr int64_t kRows = 1 << 17, kTaps = 8;
  for (const int64_t width : {128, 512}) {
    const at::Tensor bytes = at::randint(256, {kRows * kTaps}, on_device.dtype(at::kShort));
    const at::Tensor keep = at::ones({kRows}, on_device.dtype(at::kByte));
    const at::Tensor table = at::randn({kTaps, ByteStemShape::kRows, width}, on_device).set_requires_grad(true);
    const at::Tensor bias = at::zeros({width}, on_device).set_requires_grad(true);
    const at::Tensor first = at::arange(kTaps, on_device.dtype(at::kLong)) * ByteStemShape::kRows;
    const at::Tensor rows = bytes.view({-1, kTaps}).to(at::kLong) + first;
    results.push_back(beside(
        stream, fmt::format("byte_stem, width {}", width),
        [&] { return slot_byte_stem(bytes, table, bias, keep, at::kBFloat16); },
        [&] { return (at::embedding(table.flatten(0, 1), rows).sum(1) + bias).to(at::kBFloat16); }));
    const at::Tensor x = at::randn({kRows, width}, on_device).to(at::kBFloat16).set_requires_grad(true);
    const auto matrix = [&](int64_t m, int64_t n) { return at::randn({m, n}, on_device).set_requires_grad(true); };
    const at::Tensor w1 = matrix(3 * width, width), w2 = matrix(width, width), b = matrix(1, width).view({-1});
    const auto plain_block = [&] {
      const at::Tensor wide = x.to(at::kFloat);
      const at::Tensor n = (wide * (wide.square().mean(1, true) + 1e-5).rsqrt()).to(at::kBFloat16);
      const at::Tensor none = at::zeros({1, width}, n.options().requires_grad(false));
      const at::Tensor beside_n = at::cat({at::cat({none, n.slice(0, 0, -1)}), n, at::cat({n.slice(0, 1), none})}, 1);
      const at::Tensor hidden = at::relu(at::addmm(b.to(at::kBFloat16), beside_n, w1.to(at::kBFloat16)));
      return x + at::addmm(b.to(at::kBFloat16), hidden, w2.to(at::kBFloat16));
    };
    results.push_back(beside(
        stream, fmt::format("residual block with neighbour_norm, width {}", width),
        [&] { return slot_residual_block(x, w1, b, w2, b, keep); }, plain_block));
  }
  for (const int64_t n_labels : {10, 1000}) {
    const at::Tensor logits = at::randn({8192, n_labels}, on_device).set_requires_grad(true);
    const at::Tensor labels = at::randint(n_labels, {8192}, on_device.dtype(at::kLong));
    results.push_back(beside(
        stream, fmt::format("softmax_cross_entropy, {} labels", n_labels),
        [&] { return slot_loss(logits, {Task::kLabel, labels}, 0.1); },
        [&] { return at::cross_entropy_loss(logits, labels, {}, at::Reduction::Mean, -100, 0.1); }));
  }
  return results;
}

// Bytes a second that the same network learns from on this machine's CPU, with all of LibTorch's threads.
double cpu_bytes_per_s(int width) {
  const Corpus corpus = random_corpus(256);
  DeepPlan plan = plan_of(width);
  plan.step_bytes = 1 << 17;
  DeepOptions options;
  options.seconds = 15;
  options.dtype = fastest_dtype();
  options.setup = [&](double) { return setup_bytes(corpus, all_items(corpus), plan, 0, options.dtype); };
  double rate = 0;
  options.progress = [&](const DeepProgress& now) { return rate = now.bytes_per_s, true; };
  train_deep(corpus, {}, options);
  return rate;
}

json run() {
  std::string why;
  const auto devices = cuda_devices(&why);
  require(!devices.empty(), ErrorKind::kDevice, "no CUDA device: " + why);
  const double peak = probe_gemm_flops_per_s(at::kBFloat16, at::kCUDA, 2);
  json report{
      {"device", devices[0].name}, {"gemm_peak_flops_per_s", peak}, {"steps", json::array()}, {"scan", json::array()}};
  const Corpus corpus = random_corpus(2048), large = random_corpus(1 << 16);
  for (const auto& [width, step_bytes] : {std::pair{64, 1 << 17}, {192, 1 << 20}, {1024, 1 << 20}, {2048, 1 << 20}})
    report["steps"].push_back(steps_of(corpus, width, step_bytes, peak, at::kCUDA));
  // As if the device had room for a quarter of the items.
  report["streamed"] = steps_of(large, 192, 1 << 20, peak, DeviceRoom(at::kCUDA, large.n_bytes() / 4));
  for (const int width : {64, 192, 1024}) report["scan"].push_back(scan_of(large, width));
  report["kernels"] = kernels();
  report["cpu_bytes_per_s"] = cpu_bytes_per_s(192);
  report["times_the_cpu"] = report["steps"][1]["bytes_per_s"].get<double>() / report["cpu_bytes_per_s"].get<double>();
  return report;
}

}  // namespace
}  // namespace gulo

int main() {
  try {
    std::cout << gulo::run().dump(1) << "\n";
    return 0;
  } catch (const gulo::Error& error) {
    std::cerr << "gpu_bench: " << error.message() << "\n";
    return static_cast<int>(error.kind());
  }
}
