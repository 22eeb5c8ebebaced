#include "kernel/byte_stem_blocks.h"
#include "kernel/cuda_launch.cuh"

namespace gulo {

namespace {

template <class Out>
void forward(const ByteStemShape& shape, const uint16_t* x, const float* table, const float* bias, const uint8_t* keep,
             Out* out, void* stream) {
  ByteStemForward<Out> body{shape, x, table, bias, keep, out};
  body.plan(most_shared_floats(), n_multiprocessors());
  launch("byte_stem forward", body.grid(), body, stream);
}

// Six blocks fit on a multiprocessor of 228 KB; more slices than they need only cost workspace.
uint32_t n_backward_slices(const ByteStemShape& shape) {
  const size_t blocks_per_slice = ByteStemBackward<float>{shape}.n_groups() * static_cast<size_t>(shape.taps);
  return n_slices_for(shape.n_positions, blocks_per_slice, 6 * n_multiprocessors(), 256);
}

template <class Grad>
void backward(const ByteStemShape& shape, const uint16_t* x, const Grad* grad_out, float* grad_table, float* grad_bias,
              float* workspace, void* stream) {
  const ByteStemBackward<Grad> body{shape, x, grad_out, workspace, n_backward_slices(shape)};
  launch("byte_stem backward", body.grid(), body, stream);
  const ByteStemAddSlices add{shape, workspace, grad_table, grad_bias, body.n_slices};
  launch("byte_stem backward", add.grid(), add, stream);
}

}  // namespace

size_t byte_stem_backward_workspace(const ByteStemShape& shape) {
  return n_backward_slices(shape) * ByteStemAddSlices{shape}.n_elements();
}

void byte_stem_forward_cuda(const ByteStemShape& shape, const uint16_t* x, const float* table, const float* bias,
                            const uint8_t* keep, float* out, void* stream) {
  forward(shape, x, table, bias, keep, out, stream);
}
void byte_stem_forward_cuda(const ByteStemShape& shape, const uint16_t* x, const float* table, const float* bias,
                            const uint8_t* keep, uint16_t* out_bf16, void* stream) {
  forward(shape, x, table, bias, keep, out_bf16, stream);
}
void byte_stem_backward_cuda(const ByteStemShape& shape, const uint16_t* x, const float* grad_out, float* grad_table,
                             float* grad_bias, float* workspace, void* stream) {
  backward(shape, x, grad_out, grad_table, grad_bias, workspace, stream);
}
void byte_stem_backward_cuda(const ByteStemShape& shape, const uint16_t* x, const uint16_t* grad_out_bf16,
                             float* grad_table, float* grad_bias, float* workspace, void* stream) {
  backward(shape, x, grad_out_bf16, grad_table, grad_bias, workspace, stream);
}

}  // namespace gulo
