#include "engine/cluster/gradient_shares.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

#include <limits>
#include <memory>
#include <utility>

namespace gulo {

// Called by the backward pass when a parameter's gradient is complete.
struct GradientShares::Hook : torch::autograd::PostAccumulateGradHook {
  Hook(GradientShares& to, size_t index) : shares(to), member(index) {}
  void operator()(const torch::autograd::Variable&) override {
    if (shares.active_) shares.take(member);
  }
  GradientShares& shares;
  size_t member;
};

GradientShares::GradientShares(Cluster& cluster, std::vector<at::Tensor> parameters, const std::vector<int>& owners,
                               int64_t bucket_bytes)
    : cluster_(cluster) {
  if (cluster.shares_memory()) bucket_bytes = std::numeric_limits<int64_t>::max();
  for (size_t i = 0; i < parameters.size(); ++i)
    members_.push_back({.value = std::move(parameters[i]), .owner = owners[i]});
  int64_t n_bytes = bucket_bytes;
  // The backward pass comes to the last parameters first.
  for (size_t i = members_.size(); i-- > 0;) {
    if (n_bytes >= bucket_bytes) buckets_.emplace_back(), n_bytes = 0;
    members_[i].bucket = buckets_.size() - 1;
    buckets_.back().members.push_back(i);
    n_bytes += static_cast<int64_t>(members_[i].value.nbytes());
    torch::autograd::impl::set_post_acc_grad_hooks(members_[i].value, std::make_unique<Hook>(*this, i));
  }
  for (Bucket& bucket : buckets_) bucket.exchange = lay_out(bucket.members);
}

// For each owner: the values one behind the other, then a flag for each. A process that owns nothing still has a place.
std::unique_ptr<Exchange> GradientShares::lay_out(const std::vector<size_t>& members) {
  std::vector<int64_t> sizes(static_cast<size_t>(cluster_.size()), 0);
  for (const size_t i : members) {
    int64_t& size = sizes[static_cast<size_t>(members_[i].owner)];
    members_[i].at = size;
    size += members_[i].value.numel();
  }
  for (const size_t i : members) members_[i].flag_at = sizes[static_cast<size_t>(members_[i].owner)]++;
  for (int64_t& size : sizes) ++size;
  return Exchange::make(cluster_, sizes);
}

GradientShares::~GradientShares() {
  for (const Member& member : members_) torch::autograd::impl::set_post_acc_grad_hooks(member.value, nullptr);
}

at::Tensor GradientShares::part_of(const at::Tensor& values, const Member& member) {
  return values.narrow(0, member.at, member.value.numel()).view(member.value.sizes());
}

void GradientShares::begin() {
  for (Bucket& bucket : buckets_) {
    bucket.exchange->open();
    for (const size_t i : bucket.members)
      if (members_[i].owner != cluster_.rank())
        bucket.exchange->mine(members_[i].owner).select(0, members_[i].flag_at).zero_();
    bucket.n_ready = 0;
  }
  next_ = 0;
  active_ = true;
}

void GradientShares::take(size_t index) {
  const at::NoGradGuard no_grad;
  Member& member = members_[index];
  Bucket& bucket = buckets_[member.bucket];
  if (member.owner != cluster_.rank()) {
    const at::Tensor for_owner = bucket.exchange->mine(member.owner);
    part_of(for_owner, member).copy_(member.value.grad());
    for_owner.select(0, member.flag_at).fill_(1);
    member.value.mutable_grad().reset();
  }
  ++bucket.n_ready;
  for (; next_ < buckets_.size() && buckets_[next_].n_ready == buckets_[next_].members.size(); ++next_)
    buckets_[next_].exchange->begin();
}

void GradientShares::finish() {
  const at::NoGradGuard no_grad;
  active_ = false;
  for (; next_ < buckets_.size(); ++next_) buckets_[next_].exchange->begin();
  for (Bucket& bucket : buckets_) {
    bucket.exchange->collect();
    for (const size_t i : bucket.members)
      if (members_[i].owner == cluster_.rank()) add_others(members_[i], *bucket.exchange);
  }
}

// In the same order every time, so that the same number of processes gives the same bits.
void GradientShares::add_others(Member& member, Exchange& exchange) {
  at::Tensor& gradient = member.value.mutable_grad();
  for (int rank = 0; rank < cluster_.size(); ++rank) {
    if (rank == cluster_.rank()) continue;
    const at::Tensor all = exchange.from(rank);
    if (all[member.flag_at].item<float>() == 0) continue;
    const at::Tensor other = part_of(all, member);
    if (gradient.defined())
      gradient.add_(other);
    else
      gradient = other.clone();
  }
}

void GradientShares::spread() {
  const at::NoGradGuard no_grad;
  for (Bucket& bucket : buckets_) {
    for (const size_t i : bucket.members)
      if (members_[i].owner == cluster_.rank())
        part_of(bucket.exchange->mine(cluster_.rank()), members_[i]).copy_(members_[i].value.detach());
    bucket.exchange->publish();
  }
  for (Bucket& bucket : buckets_) {
    bucket.exchange->receive();
    for (const size_t i : bucket.members)
      if (members_[i].owner != cluster_.rank())
        members_[i].value.detach().copy_(part_of(bucket.exchange->published(members_[i].owner), members_[i]));
  }
}

}  // namespace gulo
