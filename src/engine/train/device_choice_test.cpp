#include "engine/train/device_choice.h"

#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "engine/cluster/cluster_threads.h"

namespace gulo {
namespace {

CudaDevice device_of(uint64_t id) { return {.name = "device " + std::to_string(id), .major = 9, .id = id}; }

TEST(DeviceChoice, OfOneProcess) {
  const std::vector<CudaDevice> devices{device_of(7), device_of(8)};
  EXPECT_EQ(choose_device({}, devices, "", nullptr).device, at::Device(at::kCUDA, 0));
  EXPECT_EQ(choose_device({}, devices, "", nullptr).name, "device 7");
  EXPECT_TRUE(choose_device({.device = "cpu"}, devices, "", nullptr).device.is_cpu());
  EXPECT_TRUE(choose_device({.cannot_train = "fields"}, devices, "", nullptr).device.is_cpu());
  EXPECT_TRUE(choose_device({}, {}, "there is no driver", nullptr).device.is_cpu());
}

TEST(DeviceChoice, WhatIsAskedForAndCannotBeIsAnError) {
  const std::string none =
      error_text(ErrorKind::kDevice, [] { choose_device({.device = "cuda"}, {}, "there is no driver", nullptr); });
  EXPECT_NE(none.find("there is no driver"), std::string::npos) << none;
  const std::string kind = error_text(ErrorKind::kDevice, [] {
    choose_device({.device = "cuda", .cannot_train = "fields"}, {device_of(7)}, "", nullptr);
  });
  EXPECT_NE(kind.find("fields"), std::string::npos) << kind;
  CudaDevice old = device_of(7);
  old.major = 7;
  const std::string unfit =
      error_text(ErrorKind::kDevice, [&] { choose_device({.device = "cuda"}, {old}, "", nullptr); });
  EXPECT_NE(unfit.find("device 7 has compute capability 7.0"), std::string::npos) << unfit;
}

TEST(DeviceChoice, EveryProcessHasItsOwn) {
  expect_no_errors(run_as_cluster(2, [](Cluster& cluster) {
    const DeviceWish wish{.local_rank = cluster.rank()};
    EXPECT_EQ(choose_device(wish, {device_of(7), device_of(8)}, "", &cluster).device,
              at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(cluster.rank())));
    const uint64_t only = cluster.is_first() ? 7 : 8;  // as launchers show each process one device
    EXPECT_EQ(choose_device(wish, {device_of(only)}, "", &cluster).device, at::Device(at::kCUDA, 0));
  }));
}

TEST(DeviceChoice, ADeviceIsNotShared) {
  expect_no_errors(run_as_cluster(2, [](Cluster& cluster) {
    EXPECT_TRUE(choose_device({.local_rank = cluster.rank()}, {device_of(7)}, "", &cluster).device.is_cpu());
    const std::string said = error_text(ErrorKind::kDevice, [&] {
      choose_device({.device = "cuda", .local_rank = cluster.rank()}, {device_of(7)}, "", &cluster);
    });
    EXPECT_NE(said.find("2 processes have 1 between them"), std::string::npos) << said;
  }));
}

TEST(DeviceChoice, AllTrainOnTheCpuWhereOneHasNone) {
  expect_no_errors(run_as_cluster(2, [](Cluster& cluster) {
    const std::vector<CudaDevice> devices = cluster.is_first() ? std::vector{device_of(7)} : std::vector<CudaDevice>();
    EXPECT_TRUE(choose_device({.local_rank = cluster.rank()}, devices, "", &cluster).device.is_cpu());
  }));
}

}  // namespace
}  // namespace gulo
