// Which of a training's processes this is, as torchrun, mpirun and SLURM say in the environment.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace gulo {

struct ClusterPlace {
  int rank = 0, size = 1;              // of all processes
  int local_rank = 0, local_size = 1;  // of those on this machine
  std::string host;                    // where rank 0, or the launcher, keeps the store at which all meet
  uint16_t port = 0;
  bool launcher_keeps_store = false;  // torchrun does, for its processes
  bool may_share_memory = true;       // else processes on one machine speak by TCP as well
  std::string prefix;                 // of the keys in that store: another one after each restart
};

// The environment's variable of that name, or null.
using Environment = std::function<const char*(const char*)>;

// Nothing where there is one process only. Looked at, the first that says how many there are:
//   torchrun  RANK, WORLD_SIZE, LOCAL_RANK, LOCAL_WORLD_SIZE, MASTER_ADDR, MASTER_PORT
//   mpirun    OMPI_COMM_WORLD_RANK, _SIZE, _LOCAL_RANK, _LOCAL_SIZE (Open MPI); PMI_RANK, PMI_SIZE, MPI_LOCALRANKID,
//             MPI_LOCALNRANKS (MPICH, Intel MPI)
//   SLURM     SLURM_PROCID, SLURM_STEP_NUM_TASKS or SLURM_NTASKS, SLURM_LOCALID of a step (srun)
// Without MASTER_ADDR processes that are all on one machine meet there, and those of SLURM on the step's first node.
// Throws Error (kUsage) where something is missing or makes no sense.
std::optional<ClusterPlace> find_cluster_place(const Environment& environment);

// "node[07-09,12],other" -> "node07".
std::string first_of_node_list(const std::string& list);

}  // namespace gulo
