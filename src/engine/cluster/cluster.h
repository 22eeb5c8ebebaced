// The processes that train one network together, over c10d's Gloo backend: TCP between all of them.
//
// Every operation is called by all processes in the same order, from one thread. Each throws Error (kDevice) where a
// process is lost: it ended, its machine is gone, or nothing was heard of it for too long.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/cluster/cluster_place.h"

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

  // In place, contiguous. The bits are the same in all processes.
  void sum(const at::Tensor& tensor);
  // Rank 0's, in place, contiguous.
  void broadcast(const at::Tensor& tensor);
  // Each process' own part, in place, contiguous: parts[r] is rank r's. They may be of different sizes, and empty, but
  // are of the same in all processes.
  void share(const std::vector<at::Tensor>& parts);
  // Rank 0's.
  double agree(double value);
  std::string agree(const std::string& text);

  // A sum that goes on beside the caller's work; several may be under way. The tensor is the sum when the function that
  // is returned has been called.
  std::function<void()> begin_sum(const at::Tensor& tensor);

  // What an Error tells a person to do.
  void set_recovery(std::string hint) { recovery_ = std::move(hint); }

 private:
  struct Groups;
  template <class Operation>
  void run(const Operation& operation) const;

  ClusterPlace place_;
  std::unique_ptr<Groups> groups_;
  std::string recovery_ = "start all of them again";
};

// Rank 0's where there are several processes. `cluster` may be null: then the value is the one that is given.
template <class T>
T agreed(Cluster* cluster, T value) {
  return cluster ? static_cast<T>(cluster->agree(static_cast<double>(value))) : value;
}

}  // namespace gulo
