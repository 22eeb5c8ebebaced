// Tests of CUDA kernels: run_on_host() runs their blocks without a device, the rest is skipped where there is none.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "kernel/cuda_device.h"
#include "kernel/host_device.h"

#define GULO_SKIP_WITHOUT_CUDA()                                                     \
  do {                                                                               \
    std::string why;                                                                 \
    if (gulo::cuda_devices(&why).empty()) GTEST_SKIP() << "no CUDA device: " << why; \
  } while (false)
