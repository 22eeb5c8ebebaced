#include "engine/train/gemm_probe.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <vector>

#include "base/process_clock.h"

namespace gulo {
namespace {

struct Product {
  Product(int64_t m, int64_t n, int64_t k, at::ScalarType dtype, const at::Device& device)
      : a(at::randn({m, k}).to(device, dtype)),
        b(at::randn({n, k}).to(device, dtype)),
        out(at::empty({m, n}, a.options())) {}
  double flops() const { return n_runs() * 2. * static_cast<double>(a.numel()) * static_cast<double>(b.size(0)); }
  // A device takes several at once; reading a number waits for it.
  int n_runs() const { return a.is_cpu() ? 1 : 10; }
  void run() {
    for (int i = 0; i < n_runs(); ++i) at::mm_out(out, a, b.t());
    if (!a.is_cpu()) out[0][0].item<float>();
  }

  at::Tensor a, b, out;
};

}  // namespace

double probe_gemm_flops_per_s(at::ScalarType dtype, const at::Device& device, double seconds) {
  const at::NoGradGuard no_grad;
  std::vector<Product> products;
  const int64_t unit = device.is_cpu() ? 256 : 2048;
  for (int64_t n : {2, 3, 4, 6}) products.emplace_back(n * unit, n * unit, n * unit, dtype, device);
  products.emplace_back(16 * unit, 2 * unit, 2 * unit, dtype, device);
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
