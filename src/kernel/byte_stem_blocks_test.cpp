// The CUDA kernels of byte_stem against the reference: their blocks on the host, themselves on a device.
#include "kernel/byte_stem_blocks.h"

#include <limits>

#include "base/error.h"
#include "kernel/byte_stem_cases.h"
#include "kernel/cuda_test.h"

namespace gulo {
namespace {

using namespace byte_stem_cases;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// Every third position is blank.
std::vector<uint8_t> some_keep(size_t n_positions) {
  std::vector<uint8_t> keep(n_positions, 1);
  for (size_t p = 2; p < n_positions; p += 3) keep[p] = 0;
  return keep;
}

std::vector<double> kept_forward(const Inputs& inputs, const std::vector<uint8_t>& keep) {
  auto out = inputs.reference_forward(to_double(inputs.table), to_double(inputs.bias));
  for (size_t i = 0; i < out.size(); ++i)
    if (!keep.empty() && !keep[i / static_cast<size_t>(inputs.shape.width)]) out[i] = 0;
  return out;
}

void expect_rounded(const std::vector<uint16_t>& out_bf16, const std::vector<double>& reference) {
  const double tolerance = 1e-5 * largest(reference);
  for (size_t i = 0; i < out_bf16.size(); ++i)
    ASSERT_NEAR(from_bf16(out_bf16[i]), reference[i], std::abs(reference[i]) / 256 + tolerance) << "element " << i;
}

void expect_gradient(const Inputs& inputs, const std::vector<double>& grad, const std::vector<float>& grad_table,
                     const std::vector<float>& grad_bias) {
  std::vector<double> table(inputs.table.size()), bias(inputs.bias.size());
  byte_stem_backward_reference(inputs.shape, inputs.x.data(), grad.data(), table.data(), bias.data());
  expect_close(grad_table, table);
  expect_close(grad_bias, bias);
}

class ByteStemBlocks : public testing::TestWithParam<Case> {};

// With an A100's shared memory, with none, and with as much as makes blocks narrower.
TEST_P(ByteStemBlocks, ForwardAgreesWithReference) {
  const Inputs inputs(GetParam());
  for (const auto& keep : {std::vector<uint8_t>(), some_keep(inputs.shape.n_positions)})
    for (const size_t shared_floats : {size_t{41} << 10, size_t{0}, size_t{17} << 10}) {
      const auto expected = kept_forward(inputs, keep);
      const auto run = [&](auto& out) {
        ByteStemForward<std::decay_t<decltype(out[0])>> body{inputs.shape,
                                                             inputs.x.data(),
                                                             inputs.table.data(),
                                                             inputs.bias.data(),
                                                             keep.empty() ? nullptr : keep.data(),
                                                             out.data()};
        body.plan(shared_floats, 7);
        ASSERT_LE(body.grid().shared_floats, shared_floats);
        run_on_host(body);
      };
      std::vector<float> out(expected.size(), kNan);
      run(out);
      expect_close(out, expected);
      std::vector<uint16_t> out_bf16(expected.size(), 0x7FC0);
      run(out_bf16);
      expect_rounded(out_bf16, expected);
    }
}

TEST_P(ByteStemBlocks, BackwardAgreesWithReference) {
  const Inputs inputs(GetParam());
  const auto check = [&](const auto& grad) {
    for (const uint32_t n_slices : {1u, 3u}) {
      const size_t n_elements = ByteStemAddSlices{inputs.shape}.n_elements();
      std::vector<float> sums(n_slices * n_elements, kNan), table(inputs.table.size(), kNan),
          bias(inputs.bias.size(), kNan);
      const ByteStemBackward<std::decay_t<decltype(grad[0])>> body{inputs.shape, inputs.x.data(), grad.data(),
                                                                   sums.data(), n_slices};
      run_on_host(body);
      const ByteStemAddSlices add{inputs.shape, sums.data(), table.data(), bias.data(), n_slices};
      run_on_host(add);
      expect_gradient(inputs, to_double(grad), table, bias);
    }
  };
  check(inputs.grad_out);
  check(inputs.grad_out_bf16);
}

TEST_P(ByteStemBlocks, AgreesWithTheReferenceOnADevice) {
  GULO_SKIP_WITHOUT_CUDA();
  const Inputs inputs(GetParam());
  const auto keep = some_keep(inputs.shape.n_positions);
  const auto expected = kept_forward(inputs, keep);
  const CudaVector x(inputs.x);
  const CudaVector device_keep(keep);
  const CudaVector table(inputs.table), bias(inputs.bias);
  const CudaVector out(std::vector<float>(expected.size(), kNan)), grad_out(inputs.grad_out);
  const CudaVector out_bf16(std::vector<uint16_t>(expected.size(), 0x7FC0)), grad_out_bf16(inputs.grad_out_bf16);
  byte_stem_forward_cuda(inputs.shape, x.data(), table.data(), bias.data(), device_keep.data(), out.data(), nullptr);
  expect_close(out.read(), expected);
  byte_stem_forward_cuda(inputs.shape, x.data(), table.data(), bias.data(), device_keep.data(), out_bf16.data(),
                         nullptr);
  expect_rounded(out_bf16.read(), expected);
  const CudaVector workspace(std::vector<float>(byte_stem_backward_workspace(inputs.shape), kNan));
  const auto check = [&](const auto& grad, const auto& grad64) {
    byte_stem_backward_cuda(inputs.shape, x.data(), grad.data(), table.data(), bias.data(), workspace.data(), nullptr);
    expect_gradient(inputs, grad64, table.read(), bias.read());
  };
  check(grad_out, to_double(inputs.grad_out));
  check(grad_out_bf16, to_double(inputs.grad_out_bf16));
}

INSTANTIATE_TEST_SUITE_P(Cases, ByteStemBlocks, testing::ValuesIn(kCases));

TEST(ByteStemCuda, WithoutADeviceIsAnError) {
  if (!cuda_devices().empty()) GTEST_SKIP() << "there is one";
  const ByteStemShape shape;
  EXPECT_THROW(byte_stem_forward_cuda(shape, nullptr, nullptr, nullptr, nullptr, static_cast<float*>(nullptr), nullptr),
               Error);
  EXPECT_THROW(byte_stem_backward_workspace(shape), Error);
}

// Rounding is that of the CPU's kernel (byte_stem_test.cpp).
TEST(Bf16, RoundsToNearestEvenAndKeepsInfinityAndNan) {
  for (const uint32_t bits :
       {0x3F800000u, 0x3F808000u, 0x3F818000u, 0x7F800000u, 0xFF800000u, 0x7F7FFFFFu, 0x00000001u}) {
    uint16_t rounded = 0;
    put(std::bit_cast<float>(bits), &rounded);
    EXPECT_EQ(rounded, to_bf16(std::bit_cast<float>(bits))) << std::hex << bits;
  }
  for (const uint32_t bits : {0x7FFFFFFFu, 0xFF800001u}) {
    uint16_t rounded = 0;
    put(std::bit_cast<float>(bits), &rounded);
    EXPECT_TRUE(std::isnan(as_float(rounded)));
  }
}

}  // namespace
}  // namespace gulo
