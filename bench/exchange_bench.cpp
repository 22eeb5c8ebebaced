// What it costs two processes to have each other's gradients summed and each other's new values, by shared memory and
// by TCP: processor time of a step, in all threads of one of them, beside that of the same backward pass without it.
//
// usage: exchange_bench [steps]; prints a JSON object a way. 24 matrices of 256 x 256, which is 6 MiB.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "engine/cluster/gradient_shares.h"

namespace gulo {
namespace {

constexpr int kMatrices = 24, kWarmUpSteps = 20;

double processor_s() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

struct Work {
  std::vector<at::Tensor> weights, gradients;
  std::vector<int> owners;
  Work() {
    for (int i = 0; i < kMatrices; ++i) {
      weights.push_back(at::zeros({256, 256}).set_requires_grad(true));
      gradients.push_back(at::ones({256, 256}));
      owners.push_back(i % 2);
    }
  }
  void backward() {
    at::Tensor loss = at::zeros({});
    for (size_t i = 0; i < weights.size(); ++i) loss = loss + (weights[i] * gradients[i]).sum();
    loss.backward();
  }
  void reset() {
    for (at::Tensor& weight : weights) weight.mutable_grad().reset();
  }
};

struct Cost {
  double alone_ms = 0, together_ms = 0;
};

Cost cost_of_steps(int rank, uint16_t port, bool may_share_memory, int n_steps) {
  at::set_num_threads(1);
  ClusterPlace place;
  place.rank = place.local_rank = rank;
  place.size = place.local_size = 2;
  place.host = "127.0.0.1";
  place.port = port;
  place.may_share_memory = may_share_memory;
  Cluster cluster(place, 60);
  Work work;
  GradientShares shares(cluster, work.weights, work.owners);
  const auto ms_of = [&](bool together) {
    const double begin_s = processor_s();
    if (together) shares.begin();
    work.backward();
    if (together) shares.finish();
    if (together) shares.spread();
    work.reset();
    return 1e3 * (processor_s() - begin_s);
  };
  Cost cost;
  for (int i = -kWarmUpSteps; i < n_steps; ++i) {  // in turns
    if (i == 0) cost = {};
    cost.alone_ms += ms_of(false) / n_steps;
    cost.together_ms += ms_of(true) / n_steps;
  }
  return cost;
}

// Of rank 0, whose twin is a process of its own.
Cost measure(bool may_share_memory, int n_steps) {
  const auto port = static_cast<uint16_t>(20'000 + getpid() % 10'000 + (may_share_memory ? 10'000 : 0));
  const pid_t twin = fork();
  if (twin == 0) {
    cost_of_steps(1, port, may_share_memory, n_steps);
    _exit(0);
  }
  const Cost cost = cost_of_steps(0, port, may_share_memory, n_steps);
  waitpid(twin, nullptr, 0);
  return cost;
}

}  // namespace
}  // namespace gulo

int main(int n_arguments, char** arguments) {
  const int n_steps = n_arguments > 1 ? std::max(1, std::atoi(arguments[1])) : 100;
  // A process whose threads have started may not fork: each way has a process of its own.
  for (const bool may_share_memory : {true, false}) {
    const pid_t pid = fork();
    if (pid == 0) {
      const gulo::Cost cost = gulo::measure(may_share_memory, n_steps);
      fmt::print("{{\"way\": \"{}\", \"backward_cpu_ms\": {:.2f}, \"with_exchange_cpu_ms\": {:.2f}}}\n",
                 may_share_memory ? "shared memory" : "tcp", cost.alone_ms, cost.together_ms);
      std::fflush(stdout);
      _exit(0);
    }
    waitpid(pid, nullptr, 0);
  }
}
