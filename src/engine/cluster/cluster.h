// The processes that train one network together, over c10d's Gloo backend: TCP between all of them. Where all are on
// one machine, numbers that are summed and large amounts go through memory that they share.
//
// Every operation is called by all processes in the same order, from one thread. Each throws Error (kDevice) where a
// process is lost: it ended, its machine is gone, or nothing was heard of it for too long.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/cluster/cluster_place.h"
#include "engine/cluster/meeting_place.h"
#include "engine/cluster/shared_mapping.h"

namespace gulo {

class Cluster {
 public:
  // Joins the others, who have a minute to come. patience_s: how long rank 0 may do something alone while the others
  // wait; within a step it is five minutes.
  Cluster(const ClusterPlace& place, double patience_s);
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;
  ~Cluster();

  int rank() const { return place_.rank; }
  int size() const { return place_.size; }
  bool is_first() const { return place_.rank == 0; }

  // In place, contiguous. The bits are the same in all processes. Of tensors on the processes' devices, one device a
  // process, it is put on LibTorch's current stream (NCCL).
  void sum(const at::Tensor& tensor);
  // That of `rank`, in place, contiguous.
  void broadcast(const at::Tensor& tensor, int rank = 0);
  // Rank 0's.
  double agree(double value);
  std::string agree(const std::string& text);

  // Of how many `mine` is true.
  int count(bool mine);
  // Everybody's, by rank.
  std::vector<int64_t> gather(int64_t mine);

  // Operations that go on beside the caller's work; several may be under way. They are done when the function that is
  // returned has been called. Floats, contiguous.
  //   begin_broadcasts: parts[r] is rank r's, in place; of any size, but of the same in all processes, and not empty
  //   begin_trade: to[r] values of `given`, rank after rank, go to r; from[r] of `taken` come from it; none to oneself
  std::function<void()> begin_broadcasts(const std::vector<at::Tensor>& parts);
  std::function<void()> begin_trade(const at::Tensor& given, const std::vector<int64_t>& to, const at::Tensor& taken,
                                    const std::vector<int64_t>& from);

  bool shares_memory() const { return meeting_ != nullptr; }
  // Memory that all have in common, zero; null where there is none, or not so much of it. Every process asks for it.
  std::shared_ptr<SharedMapping> common_memory(int64_t n_bytes);
  // Where they share memory: returns when all have come, and what each wrote before is seen by all.
  void meet();

  // What an Error tells a person to do.
  void set_recovery(std::string hint) { recovery_ = std::move(hint); }

 private:
  struct Groups;
  template <class Operation>
  void run(const Operation& operation) const;
  void find_meeting_place(SharedMapping& memory, double patience_s);
  void sum_by_mail(const at::Tensor& tensor);
  void sum_on_devices(const at::Tensor& tensor);

  ClusterPlace place_;
  std::unique_ptr<Groups> groups_;
  std::unique_ptr<MeetingPlace> meeting_;  // where they share memory
  std::string recovery_ = "start all of them again";
};

// Rank 0's where there are several processes. `cluster` may be null: then the value is the one that is given.
template <class T>
T agreed(Cluster* cluster, T value) {
  return cluster ? static_cast<T>(cluster->agree(static_cast<double>(value))) : value;
}

}  // namespace gulo
