#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <fmt/core.h>
#include <torch/version.h>
#include <unistd.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "engine/cli/engine_commands.h"
#include "engine/net/tile_product.h"
#include "engine/train/gemm_probe.h"
#include "engine/train/matmul_check.h"
#include "kernel/cuda_device.h"
#include "kernel/kernel_check.h"

namespace gulo {

namespace {

using nlohmann::json;

json to_json(const SelfTest& test) {
  return {{"name", test.name}, {"passed", test.passed}, {"worst_error", test.worst_error}, {"remark", test.remark}};
}

json device_names() {
  json names{"cpu"};
  for (size_t i = 0; i < cuda_devices().size(); ++i) names.push_back(fmt::format("cuda:{}", i));
  return names;
}

json diagnose_cuda_device(int index, const CudaDevice& device) {
  json report{{"name", device.name},
              {"memory_bytes", device.memory_bytes},
              {"compute_capability", fmt::format("{}.{}", device.major, device.minor)},
              {"n_multiprocessors", device.n_multiprocessors},
              {"upload_bytes_per_s", probe_upload_bytes_per_s(index)}};
  for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16})
    report["gemm_peak_flops_per_s"][dtype == at::kFloat ? "fp32" : "bf16"] =
        probe_gemm_flops_per_s(dtype, at::Device(at::kCUDA, static_cast<at::DeviceIndex>(index)));
  return report;
}

// Each device, and how fast each sends to the next one.
json diagnose_cuda() {
  std::string why;
  const std::vector<CudaDevice> devices = cuda_devices(&why);
  json report{{"devices", json::array()}};
  if (devices.empty()) report["none_because"] = why;
  const int n = static_cast<int>(devices.size());
  for (int i = 0; i < n; ++i) {
    report["devices"].push_back(diagnose_cuda_device(i, devices[static_cast<size_t>(i)]));
    if (n > 1) report["devices"].back()["to_next_device_bytes_per_s"] = probe_peer_bytes_per_s(i, (i + 1) % n);
  }
  return report;
}

std::string cuda_to_text(const json& cuda) {
  if (cuda["devices"].empty()) return "cuda: none, " + cuda["none_because"].get<std::string>() + "\n";
  std::string text;
  for (size_t i = 0; i < cuda["devices"].size(); ++i) {
    const json& device = cuda["devices"][i];
    text += fmt::format("cuda:{}: {}, {} of memory, compute capability {}, {}/s from the host", i,
                        device["name"].get<std::string>(), format_bytes(device["memory_bytes"].get<double>()),
                        device["compute_capability"].get<std::string>(),
                        format_bytes(device["upload_bytes_per_s"].get<double>()));
    if (device.contains("to_next_device_bytes_per_s"))
      text +=
          fmt::format(", {}/s to the next device", format_bytes(device["to_next_device_bytes_per_s"].get<double>()));
    text += "\n";
    for (const auto& [format, peak] : device["gemm_peak_flops_per_s"].items())
      text += fmt::format("cuda:{}: {} products: {}FLOP/s\n", i, format, format_si(peak.get<double>()));
  }
  return text;
}

json diagnose(int n_threads) {
  at::set_num_threads(n_threads);
  json report{
      {"version", GULO_VERSION},
      {"libtorch", TORCH_VERSION},
      {"devices", device_names()},
      {"n_threads", n_threads},
      {"kernels", kernel_target()},
      {"bf16", usable_dtypes().back() == at::kBFloat16},
      {"memory_bytes", static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGE_SIZE))}};
  const char* waiting = std::getenv("OMP_WAIT_POLICY");
  report["omp_wait_policy"] = waiting ? waiting : "not set: 2 to 3 times slower on a busy machine";
  report["tests"] = json::array();
  for (const SelfTest& test : self_test_kernels()) report["tests"].push_back(to_json(test));
  for (const at::ScalarType dtype : usable_dtypes()) {
    for (const SelfTest& test : self_test_matmul(dtype)) report["tests"].push_back(to_json(test));
    report["gemm_peak_flops_per_s"][dtype == at::kFloat ? "fp32" : "bf16"] = probe_gemm_flops_per_s(dtype);
  }
  report["cuda"] = diagnose_cuda();
  const auto used = [](Kind kind) { return matmul_dtype(kind) == at::kFloat ? "fp32" : "bf16"; };
  report["used"] = used(Kind::kBytes);
  report["used_for_pixels"] = used(Kind::kPixels);
  return report;
}

std::string to_text(const json& report) {
  std::string text = fmt::format("gulo {}, LibTorch {}\n", report["version"].get<std::string>(),
                                 report["libtorch"].get<std::string>());
  text += fmt::format("cpu: {} threads, {} of memory, kernels for {}, bf16 {}\n", report["n_threads"].get<int>(),
                      format_bytes(report["memory_bytes"].get<double>()), report["kernels"].get<std::string>(),
                      report["bf16"].get<bool>() ? "yes" : "no");
  for (const auto& [format, peak] : report["gemm_peak_flops_per_s"].items())
    text += fmt::format("{} products: {}FLOP/s{}{}\n", format, format_si(peak.get<double>()),
                        report["used"] == format ? ", used for training" : "",
                        report["used"] != format && report["used_for_pixels"] == format ? ", used for pictures" : "");
  text += cuda_to_text(report["cuda"]);
  text += "OpenMP waits: " + report["omp_wait_policy"].get<std::string>() + "\n";
  for (const json& test : report["tests"])
    text += fmt::format("{:4}  {}  {}\n", test["passed"].get<bool>() ? "ok" : "BAD", test["name"].get<std::string>(),
                        test["remark"].get<std::string>());
  return text;
}

}  // namespace

int run_doctor(const Options& options) {
  const json report = diagnose(thread_count(options));
  write_output(options.json ? report.dump() + "\n" : to_text(report));
  for (const json& test : report["tests"])
    if (!test["passed"].get<bool>()) return static_cast<int>(ErrorKind::kDevice);
  return 0;
}

}  // namespace gulo
