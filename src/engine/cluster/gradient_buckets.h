// Sums of all processes' gradients, under way while the backward pass still goes on (Li et al. 2020, "PyTorch
// Distributed", arXiv 2006.15704): gradients are collected in buckets, the last layers' first, and a bucket is summed
// as soon as its last gradient is there.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "engine/cluster/cluster.h"

namespace gulo {

class GradientBuckets {
 public:
  // `parameters`, the same in all processes, have gradients and are those of one device. They and the cluster must
  // outlive the buckets. bucket_bytes: a bucket is full with so many.
  GradientBuckets(Cluster& cluster, std::vector<at::Tensor> parameters, int64_t bucket_bytes = 1 << 20);
  GradientBuckets(const GradientBuckets&) = delete;
  GradientBuckets& operator=(const GradientBuckets&) = delete;
  ~GradientBuckets();

  // Before each backward pass; gradients must be undefined.
  void begin();
  // After it: every parameter's gradient is the sum of all processes'. One that no process has stays undefined.
  void finish();

 private:
  struct Bucket {
    at::Tensor sums;  // the gradients one behind the other, then for each how many processes have it
    std::vector<size_t> members;
    int64_t n_values = 0;
    size_t n_ready = 0;
    std::function<void()> wait;
  };
  struct Member {
    at::Tensor value;
    size_t bucket = 0;
    int64_t at = 0, place = 0;  // of its values in the bucket; in its list
  };
  struct Hook;

  void take(size_t member);
  void send(Bucket& bucket);

  Cluster& cluster_;
  std::vector<Member> members_;
  std::vector<Bucket> buckets_;
  size_t next_ = 0;  // buckets are summed in their order, which is the same in all processes
  bool active_ = false;
};

}  // namespace gulo
