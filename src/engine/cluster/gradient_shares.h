// The sum of all processes' gradients, each parameter's for the process that owns it, and the owners' new values for
// all (Rajbhandari et al. 2020, "ZeRO", arXiv 1910.02054, stage 1).
//
// Gradients are collected in buckets, the last layers' first, and a bucket is on its way as soon as its last gradient
// is there, while the backward pass still goes on (Li et al. 2020, "PyTorch Distributed", arXiv 2006.15704). Where
// processes share memory there is nothing to send, and one bucket.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/cluster/cluster.h"
#include "engine/cluster/exchange.h"

namespace gulo {

class GradientShares {
 public:
  // `parameters`, the same in all processes, float on the CPU, have gradients; owners: of each, a rank. They and the
  // cluster must outlive this. bucket_bytes: a bucket that is sent is full with so many.
  GradientShares(Cluster& cluster, std::vector<at::Tensor> parameters, const std::vector<int>& owners,
                 int64_t bucket_bytes = 1 << 20);
  GradientShares(const GradientShares&) = delete;
  GradientShares& operator=(const GradientShares&) = delete;
  ~GradientShares();

  // Before each backward pass; gradients must be undefined.
  void begin();
  // After it: the gradient of a parameter that this process owns is the sum of all processes', and undefined where no
  // process has it. Those of others are undefined.
  void finish();
  // All parameters have the values that their owners have given them. Once at most after each finish().
  void spread();

 private:
  struct Member {
    at::Tensor value;
    int owner = 0;
    size_t bucket = 0;
    int64_t at = 0, flag_at = 0;  // of its values, and of whether it has a gradient, in its owner's part of the bucket
  };
  struct Bucket {
    std::unique_ptr<Exchange> exchange;
    std::vector<size_t> members;
    size_t n_ready = 0;
  };
  struct Hook;

  std::unique_ptr<Exchange> lay_out(const std::vector<size_t>& members);
  void take(size_t member);
  void add_others(Member& member, Exchange& exchange);
  static at::Tensor part_of(const at::Tensor& values, const Member& member);

  Cluster& cluster_;
  std::vector<Member> members_;
  std::vector<Bucket> buckets_;
  size_t next_ = 0;  // buckets are sent in their order, which is the same in all processes
  bool active_ = false;
};

}  // namespace gulo
