// The wheels bring c10d's headers but not those of Gloo, which it is built on; cmake/gloo has what they ask for.
#define USE_C10D_GLOO

#include "engine/cluster/cluster.h"

#include <ATen/ATen.h>
#include <fmt/core.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <utility>
#include <vector>

#include "base/error.h"
#include "engine/cluster/device_group.h"

namespace gulo {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::minutes kJoinTime{1}, kStepTime{5};
// Threads that operations run in, beside the caller's.
constexpr int kOperationThreads = 2;

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

// Operations under way and those that are waited for do not get into each other's way.
struct Cluster::Groups {
  c10::intrusive_ptr<c10d::Store> store;
  c10::intrusive_ptr<c10d::ProcessGroupGloo> steps, waits;
  c10::intrusive_ptr<c10d::Backend> devices;  // once it is asked for
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
      gloo->threads = kOperationThreads;
      auto made = c10::make_intrusive<c10d::ProcessGroupGloo>(c10::make_intrusive<c10d::PrefixStore>(name, store),
                                                              place.rank, place.size, gloo);
      made->setTimeout(timeout);
      return made;
    };
    groups_->store = store;
    groups_->steps = group("steps", kStepTime);
    groups_->waits = group("waits", from_seconds(patience_s));
  } catch (const std::exception& error) {
    throw Error(ErrorKind::kDevice,
                fmt::format("rank {} of {} cannot meet the others at {}:{}: {}", place.rank, place.size, place.host,
                            place.port, first_sentence(error.what())),
                "start all processes at the same time, with the MASTER_ADDR and MASTER_PORT of rank 0");
  }
  if (const auto memory = common_memory(MeetingPlace::n_bytes(place.size))) find_meeting_place(*memory, patience_s);
}

Cluster::~Cluster() = default;

// Of use where all have theirs.
void Cluster::find_meeting_place(SharedMapping& memory, double patience_s) {
  std::unique_ptr<MeetingPlace> mine;
  try {
    mine = std::make_unique<MeetingPlace>(std::move(memory), rank(), size(), patience_s);
  } catch (const std::system_error&) {
    // No locks on files in memory: they speak by TCP then.
  }
  if (count(mine != nullptr) == size()) meeting_ = std::move(mine);
}

void Cluster::sum(const at::Tensor& tensor) {
  if (!tensor.is_cpu()) return sum_on_devices(tensor);
  if (meeting_) return sum_by_mail(tensor);
  std::vector<at::Tensor> tensors{tensor};
  run([&] { groups_->waits->allreduce(tensors)->wait(); });
}

void Cluster::sum_on_devices(const at::Tensor& tensor) {
  std::vector<at::Tensor> tensors{tensor};
  run([&] {
    if (!groups_->devices)
      groups_->devices = make_device_group(c10::make_intrusive<c10d::PrefixStore>("devices", groups_->store), rank(),
                                           size(), kStepTime);
    groups_->devices->allreduce(tensors)->wait();
  });
}

// As many values at once as a mail takes. Ranks are added up in their order, by all of them.
void Cluster::sum_by_mail(const at::Tensor& tensor) {
  const auto mail = [&](const std::byte* at, int64_t n) {
    return at::from_blob(const_cast<std::byte*>(at), {n}, tensor.options());
  };
  const at::Tensor all = tensor.view({-1});
  const int64_t most = MeetingPlace::kMailBytes / tensor.element_size();
  for (int64_t begin = 0; begin < all.numel(); begin += most) {
    const at::Tensor values = all.narrow(0, begin, std::min(most, all.numel() - begin));
    mail(meeting_->next_mail(), values.numel()).copy_(values);
    meet();
    values.copy_(mail(meeting_->mail_of(0), values.numel()));
    for (int rank = 1; rank < size(); ++rank) values.add_(mail(meeting_->mail_of(rank), values.numel()));
  }
}

void Cluster::broadcast(const at::Tensor& tensor, int rank) {
  std::vector<at::Tensor> tensors{tensor};
  c10d::BroadcastOptions from;
  from.rootRank = rank;
  run([&] { groups_->waits->broadcast(tensors, from)->wait(); });
}

void Cluster::meet() {
  run([&] { meeting_->meet(); });
}

// Whether it worked is everybody's to know: all have it, or none.
std::shared_ptr<SharedMapping> Cluster::common_memory(int64_t n_bytes) {
  if (!place_.may_share_memory || place_.local_size != place_.size) return nullptr;
  std::shared_ptr<SharedMapping> memory;
  const auto try_to = [&](const auto& get) {
    try {
      memory = std::make_shared<SharedMapping>(get());
    } catch (const std::system_error&) {
      // As above.
    }
  };
  if (is_first()) try_to([&] { return SharedMapping::make(n_bytes); });
  const std::string name = agree(memory ? memory->name() : "");
  if (!is_first() && !name.empty()) try_to([&] { return SharedMapping::open(name, n_bytes); });
  const int n_have = count(memory != nullptr);
  if (memory) memory->forget_name();
  return n_have == size() ? memory : nullptr;
}

int Cluster::count(bool mine) {
  const at::Tensor n = at::full({1}, mine ? 1 : 0, at::kDouble);
  sum(n);
  return static_cast<int>(n.item<double>());
}

std::vector<int64_t> Cluster::gather(int64_t mine) {
  const at::Tensor all = at::zeros({size()}, at::kLong);
  for (int r = 0; r < size(); ++r) {
    const at::Tensor one = all.narrow(0, r, 1);
    if (r == rank()) one.fill_(mine);
    broadcast(one, r);
  }
  return {all.const_data_ptr<int64_t>(), all.const_data_ptr<int64_t>() + size()};
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

std::function<void()> Cluster::begin_broadcasts(const std::vector<at::Tensor>& parts) {
  std::vector<c10::intrusive_ptr<c10d::Work>> under_way;
  run([&] {
    for (size_t rank = 0; rank < parts.size(); ++rank) {
      std::vector<at::Tensor> tensors{parts[rank]};
      c10d::BroadcastOptions from;
      from.rootRank = static_cast<int64_t>(rank);
      under_way.push_back(groups_->steps->broadcast(tensors, from));
    }
  });
  return [this, under_way] {
    run([&] {
      for (const auto& work : under_way) work->wait();
    });
  };
}

std::function<void()> Cluster::begin_trade(const at::Tensor& given, const std::vector<int64_t>& to,
                                           const at::Tensor& taken, const std::vector<int64_t>& from) {
  c10::intrusive_ptr<c10d::Work> work;
  run([&] {
    at::Tensor in = given, out = taken;
    std::vector<int64_t> n_in = to, n_out = from;
    work = groups_->steps->alltoall_base(out, in, n_out, n_in);
  });
  return [this, work] { run([&] { work->wait(); }); };
}

}  // namespace gulo
