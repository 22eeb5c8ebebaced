// The wheels bring c10d's headers but not those of Gloo, which it is built on; cmake/gloo has what they ask for.
#define USE_C10D_GLOO

#include "engine/cluster/cluster.h"

#include <ATen/ATen.h>
#include <fmt/core.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include "base/error.h"

namespace gulo {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::minutes kJoinTime{1}, kStepTime{5};
// Threads that sums run in, beside the caller's.
constexpr int kSumThreads = 2;

milliseconds from_seconds(double seconds) { return milliseconds(static_cast<int64_t>(1000 * seconds)); }

// The first line: what follows is for Gloo's own developers.
std::string first_sentence(const std::string& text) {
  const size_t bracket = text.starts_with('[') ? text.find("] ") : std::string::npos;
  const std::string rest = bracket == std::string::npos ? text : text.substr(bracket + 2);
  return rest.substr(0, std::min(rest.find(". "), rest.find('\n')));
}

auto device_for(const ClusterPlace& place) {
  using c10d::ProcessGroupGloo;
  if (const char* interface = std::getenv("GLOO_SOCKET_IFNAME"); interface && *interface)
    return ProcessGroupGloo::createDeviceForInterface(interface);
  if (place.local_size == place.size) return ProcessGroupGloo::createDeviceForHostname("127.0.0.1");
  return ProcessGroupGloo::createDefaultDevice();
}

}  // namespace

// Sums under way and operations that are waited for do not get into each other's way.
struct Cluster::Groups {
  c10::intrusive_ptr<c10d::ProcessGroupGloo> steps, waits;
};

template <class Operation>
void Cluster::run(const Operation& operation) const {
  try {
    operation();
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    throw Error(ErrorKind::kDevice,
                fmt::format("rank {} of {} lost another process of this training: {}", rank(), size(),
                            first_sentence(error.what())),
                recovery_);
  }
}

Cluster::Cluster(const ClusterPlace& place, double patience_s) : place_(place), groups_(std::make_unique<Groups>()) {
  try {
    c10d::TCPStoreOptions options;
    options.port = place.port;
    options.isServer = place.rank == 0 && !place.launcher_keeps_store;
    options.timeout = kJoinTime;
    options.waitWorkers = false;
    const auto store =
        c10::make_intrusive<c10d::PrefixStore>(place.prefix, c10::make_intrusive<c10d::TCPStore>(place.host, options));
    const auto group = [&](const char* name, milliseconds timeout) {
      const auto gloo = c10d::ProcessGroupGloo::Options::create(kJoinTime);
      gloo->devices.push_back(device_for(place));
      gloo->threads = kSumThreads;
      auto made = c10::make_intrusive<c10d::ProcessGroupGloo>(c10::make_intrusive<c10d::PrefixStore>(name, store),
                                                              place.rank, place.size, gloo);
      made->setTimeout(timeout);
      return made;
    };
    groups_->steps = group("steps", kStepTime);
    groups_->waits = group("waits", from_seconds(patience_s));
  } catch (const std::exception& error) {
    throw Error(ErrorKind::kDevice,
                fmt::format("rank {} of {} cannot meet the others at {}:{}: {}", place.rank, place.size, place.host,
                            place.port, first_sentence(error.what())),
                "start all processes at the same time, with the MASTER_ADDR and MASTER_PORT of rank 0");
  }
}

Cluster::~Cluster() = default;

void Cluster::sum(const at::Tensor& tensor) {
  std::vector<at::Tensor> tensors{tensor};
  run([&] { groups_->waits->allreduce(tensors)->wait(); });
}

void Cluster::broadcast(const at::Tensor& tensor) {
  std::vector<at::Tensor> tensors{tensor};
  run([&] { groups_->waits->broadcast(tensors)->wait(); });
}

void Cluster::share(const std::vector<at::Tensor>& parts) {
  std::vector<c10::intrusive_ptr<c10d::Work>> under_way;
  run([&] {
    for (size_t rank = 0; rank < parts.size(); ++rank) {
      if (parts[rank].numel() == 0) continue;
      std::vector<at::Tensor> tensors{parts[rank]};
      c10d::BroadcastOptions from;
      from.rootRank = static_cast<int64_t>(rank);
      under_way.push_back(groups_->steps->broadcast(tensors, from));
    }
    for (const auto& work : under_way) work->wait();
  });
}

double Cluster::agree(double value) {
  const at::Tensor tensor = at::full({1}, value, at::kDouble);
  broadcast(tensor);
  return tensor.item<double>();
}

std::string Cluster::agree(const std::string& text) {
  const auto n = static_cast<int64_t>(agree(static_cast<double>(text.size())));
  const at::Tensor bytes = at::zeros({n}, at::kByte);
  if (is_first()) std::memcpy(bytes.mutable_data_ptr(), text.data(), text.size());
  if (n > 0) broadcast(bytes);
  return {static_cast<const char*>(bytes.const_data_ptr()), static_cast<size_t>(n)};
}

std::function<void()> Cluster::begin_sum(const at::Tensor& tensor) {
  std::vector<at::Tensor> tensors{tensor};
  c10::intrusive_ptr<c10d::Work> work;
  run([&] { work = groups_->steps->allreduce(tensors); });
  return [this, work] { run([&] { work->wait(); }); };
}

}  // namespace gulo
