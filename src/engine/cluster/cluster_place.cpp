#include "engine/cluster/cluster_place.h"

#include <fmt/core.h>

#include <charconv>
#include <cstring>

#include "base/error.h"

namespace gulo {
namespace {

// What one launcher calls its variables; null: it has none.
struct Launcher {
  const char *name, *rank, *size, *local_rank, *local_size;
};
constexpr Launcher kLaunchers[] = {
    {"torchrun", "RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE"},
    {"mpirun", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK",
     "OMPI_COMM_WORLD_LOCAL_SIZE"},
    {"mpirun", "PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID", "MPI_LOCALNRANKS"},
    {"srun", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_LOCALID", nullptr},
    {"srun", "SLURM_PROCID", "SLURM_NTASKS", "SLURM_LOCALID", nullptr},
};
constexpr uint16_t kUsualPort = 29500;
constexpr int kMostProcesses = 1 << 20;

class Reader {
 public:
  explicit Reader(const Environment& environment) : environment_(environment) {}

  std::string text(const char* name) const {
    const char* value = name ? environment_(name) : nullptr;
    return value ? value : "";
  }
  bool has(const char* name) const { return !text(name).empty(); }
  int number(const char* name, int least, int most) const {
    const std::string value = text(name);
    int number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    require(error == std::errc() && end == value.data() + value.size() && number >= least && number <= most,
            ErrorKind::kUsage, fmt::format("{} is '{}', not a number from {} to {}", name, value, least, most),
            "start the processes with torchrun, mpirun or srun");
    return number;
  }

 private:
  const Environment& environment_;
};

// SLURM says how many tasks there are in a batch script too, which is one process.
bool is_started_by(const Launcher& launcher, const Reader& env) {
  const bool slurm = std::strcmp(launcher.name, "srun") == 0;
  return env.has(launcher.size) && (env.has(launcher.rank) || !slurm) && (!slurm || env.has("SLURM_STEP_ID"));
}

// "2(x3),1" of SLURM: of the first nodes; the same number on all of them is what matters.
int slurm_tasks_per_node(const Reader& env, int size) {
  const std::string tasks = env.text("SLURM_STEP_TASKS_PER_NODE");
  int n = 0;
  std::from_chars(tasks.data(), tasks.data() + tasks.size(), n);
  return n > 0 ? n : env.text("SLURM_STEP_NUM_NODES") == "1" ? size : 1;
}

std::string meeting_host(const Reader& env, const Launcher& launcher, const ClusterPlace& place) {
  if (env.has("MASTER_ADDR")) return env.text("MASTER_ADDR");
  if (place.local_size == place.size) return "127.0.0.1";
  const std::string nodes = env.text("SLURM_STEP_NODELIST");
  require(!nodes.empty(), ErrorKind::kUsage,
          fmt::format("{} started {} processes, and where they meet is not known", launcher.name, place.size),
          "set MASTER_ADDR to the machine of rank 0, for all of them");
  return first_of_node_list(nodes);
}

uint16_t meeting_port(const Reader& env) {
  if (env.has("MASTER_PORT")) return static_cast<uint16_t>(env.number("MASTER_PORT", 1, 65535));
  if (!env.has("SLURM_JOB_ID")) return kUsualPort;
  // Jobs that share a node should not meet at the same port.
  return static_cast<uint16_t>(kUsualPort + std::strtoul(env.text("SLURM_JOB_ID").c_str(), nullptr, 10) % 10000);
}

}  // namespace

std::string first_of_node_list(const std::string& list) {
  const size_t bracket = list.find('[');
  const size_t comma = list.find(',');
  if (bracket == std::string::npos || comma < bracket) return list.substr(0, comma);
  const size_t end = list.find_first_of("-,]", bracket);
  return list.substr(0, bracket) + list.substr(bracket + 1, end - bracket - 1);
}

std::optional<ClusterPlace> find_cluster_place(const Environment& environment) {
  const Reader env(environment);
  for (const Launcher& launcher : kLaunchers) {
    if (!is_started_by(launcher, env)) continue;
    ClusterPlace place;
    place.size = env.number(launcher.size, 1, kMostProcesses);
    if (place.size == 1) return {};
    place.rank = env.number(launcher.rank, 0, place.size - 1);
    place.local_size = env.has(launcher.local_size) ? env.number(launcher.local_size, 1, place.size)
                       : env.has("SLURM_STEP_ID")   ? slurm_tasks_per_node(env, place.size)
                                                    : 1;
    place.local_rank = env.has(launcher.local_rank) ? env.number(launcher.local_rank, 0, place.size - 1) : 0;
    place.host = meeting_host(env, launcher, place);
    place.port = meeting_port(env);
    place.launcher_keeps_store = env.text("TORCHELASTIC_USE_AGENT_STORE") == "True";
    place.prefix = "gulo/" + env.text("TORCHELASTIC_RESTART_COUNT");
    return place;
  }
  return {};
}

}  // namespace gulo
