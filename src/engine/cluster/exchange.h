// What each process has for each other, given and taken again and again: the gradients of parameters go to the process
// that owns them, and their new values come from it.
//
// Processes that share memory write where the others read, and nothing is sent. Between the others it goes by TCP,
// beside the caller's work from begin() on.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/cluster/cluster.h"

namespace gulo {

class Exchange {
 public:
  // sizes[r]: how many floats each process has for rank r, at least 1; the same in all processes. The cluster must
  // outlive the exchange.
  static std::unique_ptr<Exchange> make(Cluster& cluster, const std::vector<int64_t>& sizes);
  virtual ~Exchange() = default;

  // One round: open, write to mine() of the others, begin, collect, and read from() them; write to mine() of oneself,
  // publish, receive, and read published() of the others. A round may end after collect. All processes go through the
  // same rounds.
  virtual void open() = 0;
  virtual at::Tensor mine(int rank) = 0;       // [sizes[rank]] what this process has for that rank
  virtual void begin() = 0;                    // it is written
  virtual void collect() = 0;                  // waits for the others' begin()
  virtual at::Tensor from(int rank) = 0;       // [sizes[this process]] what that rank has for this process
  virtual void publish() = 0;                  // mine() of oneself is written, and for all
  virtual void receive() = 0;                  // waits for the others' publish()
  virtual at::Tensor published(int rank) = 0;  // [sizes[rank]] what that rank has for all
};

}  // namespace gulo
