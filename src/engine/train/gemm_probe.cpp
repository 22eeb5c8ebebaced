#include "engine/train/gemm_probe.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <chrono>
#include <vector>

namespace gulo {
namespace {

struct Product {
  Product(int64_t m, int64_t n, int64_t k, at::ScalarType dtype)
      : a(at::randn({m, k}).to(dtype)), b(at::randn({n, k}).to(dtype)), out(at::empty({m, n}, dtype)) {}
  double flops() const { return 2. * static_cast<double>(a.numel()) * static_cast<double>(b.size(0)); }
  void run() { at::mm_out(out, a, b.t()); }

  at::Tensor a, b, out;
};

double now_s() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

}  // namespace

double probe_gemm_flops_per_s(at::ScalarType dtype, double seconds) {
  const at::NoGradGuard no_grad;
  std::vector<Product> products;
  for (int64_t n : {512, 768, 1024, 1536}) products.emplace_back(n, n, n, dtype);
  products.emplace_back(4096, 512, 512, dtype);
  for (Product& product : products) product.run();
  double best = 0;
  const double deadline = now_s() + seconds;
  while (best == 0 || now_s() < deadline)
    for (Product& product : products) {
      const double start = now_s();
      product.run();
      best = std::max(best, product.flops() / (now_s() - start));
    }
  return best;
}

}  // namespace gulo
