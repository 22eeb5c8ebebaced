#include "engine/cluster/gradient_buckets.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

#include <memory>
#include <utility>

namespace gulo {

// Called by the backward pass when a parameter's gradient is complete.
struct GradientBuckets::Hook : torch::autograd::PostAccumulateGradHook {
  Hook(GradientBuckets& to, size_t index) : buckets(to), member(index) {}
  void operator()(const torch::autograd::Variable&) override {
    if (buckets.active_) buckets.take(member);
  }
  GradientBuckets& buckets;
  size_t member;
};

GradientBuckets::GradientBuckets(Cluster& cluster, std::vector<at::Tensor> parameters, int64_t bucket_bytes)
    : cluster_(cluster) {
  for (at::Tensor& parameter : parameters) members_.push_back({.value = std::move(parameter)});
  // The backward pass comes to the last parameters first.
  for (size_t i = members_.size(); i-- > 0;) {
    if (buckets_.empty() || buckets_.back().n_values * 4 >= bucket_bytes) buckets_.emplace_back();
    Bucket& bucket = buckets_.back();
    Member& member = members_[i];
    member.bucket = buckets_.size() - 1;
    member.at = bucket.n_values;
    member.place = std::ssize(bucket.members);
    bucket.members.push_back(i);
    bucket.n_values += member.value.numel();
    torch::autograd::impl::set_post_acc_grad_hooks(member.value, std::make_unique<Hook>(*this, i));
  }
  for (Bucket& bucket : buckets_) bucket.sums = at::zeros({bucket.n_values + std::ssize(bucket.members)});
}

GradientBuckets::~GradientBuckets() {
  for (const Member& member : members_) torch::autograd::impl::set_post_acc_grad_hooks(member.value, nullptr);
}

void GradientBuckets::begin() {
  for (Bucket& bucket : buckets_) {
    // The gradients of the step before may still be looked at.
    if (bucket.sums.storage().use_count() > 1) bucket.sums = at::empty_like(bucket.sums);
    bucket.sums.zero_();
    bucket.n_ready = 0;
    bucket.wait = nullptr;
  }
  next_ = 0;
  active_ = true;
}

void GradientBuckets::take(size_t index) {
  const at::NoGradGuard no_grad;
  const Member& member = members_[index];
  Bucket& bucket = buckets_[member.bucket];
  bucket.sums.narrow(0, member.at, member.value.numel()).copy_(member.value.grad().flatten());
  bucket.sums[bucket.n_values + member.place].fill_(1);
  ++bucket.n_ready;
  while (next_ < buckets_.size() && buckets_[next_].n_ready == buckets_[next_].members.size()) send(buckets_[next_++]);
}

void GradientBuckets::send(Bucket& bucket) { bucket.wait = cluster_.begin_sum(bucket.sums); }

void GradientBuckets::finish() {
  active_ = false;
  while (next_ < buckets_.size()) send(buckets_[next_++]);
  for (Bucket& bucket : buckets_) {
    bucket.wait();
    const float* counts = bucket.sums.const_data_ptr<float>() + bucket.n_values;
    for (size_t i = 0; i < bucket.members.size(); ++i) {
      Member& member = members_[bucket.members[i]];
      at::Tensor& gradient = member.value.mutable_grad();
      if (counts[i] > 0)
        gradient = bucket.sums.narrow(0, member.at, member.value.numel()).view(member.value.sizes());
      else
        gradient.reset();
    }
  }
}

}  // namespace gulo
