// For tests: the processes of a cluster as threads of one.
#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "engine/cluster/cluster.h"

namespace gulo {

inline uint16_t free_port() {
  const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  bind(descriptor, reinterpret_cast<sockaddr*>(&address), size);
  getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size);
  close(descriptor);
  return ntohs(address.sin_port);
}

// body(cluster) in n_ranks threads at once. What each threw, or "".
inline std::vector<std::string> run_as_cluster(int n_ranks, const std::function<void(Cluster&)>& body,
                                               bool may_share_memory = true) {
  const uint16_t port = free_port();
  std::vector<std::string> errors(static_cast<size_t>(n_ranks));
  std::vector<std::thread> threads;
  for (int rank = 0; rank < n_ranks; ++rank)
    threads.emplace_back([&, rank] {
      try {
        ClusterPlace place;
        place.rank = place.local_rank = rank;
        place.size = place.local_size = n_ranks;
        place.host = "127.0.0.1";
        place.port = port;
        place.may_share_memory = may_share_memory;
        Cluster cluster(place, 60);
        body(cluster);
      } catch (const std::exception& error) {
        errors[static_cast<size_t>(rank)] = error.what();
      }
    });
  for (std::thread& thread : threads) thread.join();
  return errors;
}

inline void expect_no_errors(const std::vector<std::string>& errors) {
  for (const std::string& error : errors) EXPECT_EQ(error, "");
}

}  // namespace gulo
