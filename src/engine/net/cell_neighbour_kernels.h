// What happens to a row's inner products with keys between the matrix products of neighbour_votes, fused and vectorised
// for the CPU.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gulo {

// Keys that rows are compared with. A row's score of a key is -temperature * distance; its own is so low that it does
// not count, and that of a key whose square norm is kNoKey is lower still.
struct KeyBlock {
  static constexpr float kNoKey = 1e38F;

  size_t n_keys = 0;                    // a multiple of 16
  const float* square_norms = nullptr;  // [n_keys]
  const int32_t* ids = nullptr;         // [n_keys] which row a key is; null: none is compared with itself
  bool squared = false;                 // the distance, or its square
  float temperature = 1;
};

struct ComparedRow {
  float square_norm = 0;
  int32_t id = 0;
};

// The softmax of a row over one block of keys after the other, as far as it has come (Milakov and Gimelshein 2018,
// "Online normalizer calculation for softmax").
struct RunningSoftmax {
  float largest = -1e38F;  // score
  float sum = 0;           // of exp(score - largest)
};

// values [n_keys]: in, the row's inner products with the keys; out, exp(score - largest). Returns by what sums that
// were made with earlier blocks have to be multiplied, as `largest` has grown.
float softmax_weights(const KeyBlock& keys, const ComparedRow& row, float* values, RunningSoftmax& softmax);

// What is known of a row when the loss is differentiated by its distances.
struct SoftmaxGradient {
  float log_sum = 0;  // of exp(score) over all keys
  float mean = 0;     // of the weights' gradients, each weighted by its weight
};
struct DistanceSums {
  float row = 0;              // of the slopes
  float log_temperature = 0;  // gradient
};

// values [n_keys]: in, inner products; out, slopes: the gradient of row i's place is the sum of slope * (its place -
// the key's), that of the key's the negative. grad_weights [n_keys]. Adds to `sums` and to column_sums [n_keys].
void distance_slopes(const KeyBlock& keys, const ComparedRow& row, const SoftmaxGradient& softmax,
                     const float* grad_weights, float* values, float* column_sums, DistanceSums& sums);

}  // namespace gulo
