#include "engine/cluster/cluster_place.h"

#include <gtest/gtest.h>

#include <map>

#include "base/expect_error.h"

namespace gulo {
namespace {

using Variables = std::map<std::string, std::string>;

std::optional<ClusterPlace> place_in(const Variables& variables) {
  return find_cluster_place([&](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

TEST(ClusterPlace, OneProcessIsNone) {
  EXPECT_FALSE(place_in({}));
  EXPECT_FALSE(place_in({{"RANK", "0"}, {"WORLD_SIZE", "1"}}));
  EXPECT_FALSE(place_in({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "8"}})) << "a batch script is one process";
}

TEST(ClusterPlace, OfTorchrun) {
  const auto place = place_in({{"RANK", "5"},
                               {"WORLD_SIZE", "8"},
                               {"LOCAL_RANK", "1"},
                               {"LOCAL_WORLD_SIZE", "4"},
                               {"MASTER_ADDR", "first"},
                               {"MASTER_PORT", "1234"},
                               {"TORCHELASTIC_USE_AGENT_STORE", "True"},
                               {"SLURM_STEP_ID", "0"},
                               {"SLURM_PROCID", "0"},
                               {"SLURM_NTASKS", "2"}});
  ASSERT_TRUE(place);
  EXPECT_EQ(place->rank, 5);
  EXPECT_EQ(place->size, 8);
  EXPECT_EQ(place->local_rank, 1);
  EXPECT_EQ(place->local_size, 4);
  EXPECT_EQ(place->host, "first");
  EXPECT_EQ(place->port, 1234);
  EXPECT_TRUE(place->launcher_keeps_store);
}

TEST(ClusterPlace, OfMpirun) {
  Variables variables{{"OMPI_COMM_WORLD_RANK", "1"},
                      {"OMPI_COMM_WORLD_SIZE", "2"},
                      {"OMPI_COMM_WORLD_LOCAL_RANK", "1"},
                      {"OMPI_COMM_WORLD_LOCAL_SIZE", "2"}};
  const auto place = place_in(variables);
  ASSERT_TRUE(place);
  EXPECT_EQ(place->rank, 1);
  EXPECT_EQ(place->host, "127.0.0.1");
  EXPECT_FALSE(place->launcher_keeps_store);
  variables["OMPI_COMM_WORLD_LOCAL_SIZE"] = "1";
  EXPECT_NE(error_text(ErrorKind::kUsage, [&] { place_in(variables); }).find("MASTER_ADDR"), std::string::npos);
  EXPECT_EQ(place_in({{"PMI_RANK", "2"}, {"PMI_SIZE", "3"}, {"MPI_LOCALNRANKS", "3"}})->rank, 2);
}

TEST(ClusterPlace, OfSlurm) {
  const auto place = place_in({{"SLURM_STEP_ID", "0"},
                               {"SLURM_PROCID", "3"},
                               {"SLURM_STEP_NUM_TASKS", "4"},
                               {"SLURM_NTASKS", "8"},
                               {"SLURM_LOCALID", "1"},
                               {"SLURM_STEP_TASKS_PER_NODE", "2(x2)"},
                               {"SLURM_STEP_NODELIST", "gpu[07-08]"},
                               {"SLURM_JOB_ID", "123456"}});
  ASSERT_TRUE(place);
  EXPECT_EQ(place->rank, 3);
  EXPECT_EQ(place->size, 4);
  EXPECT_EQ(place->local_size, 2);
  EXPECT_EQ(place->host, "gpu07");
  EXPECT_EQ(place->port, 29500 + 3456);
}

TEST(ClusterPlace, FirstNode) {
  EXPECT_EQ(first_of_node_list("node7"), "node7");
  EXPECT_EQ(first_of_node_list("a,b[1-2]"), "a");
  EXPECT_EQ(first_of_node_list("node[007-009,12],other"), "node007");
  EXPECT_EQ(first_of_node_list("node[3,5]"), "node3");
}

TEST(ClusterPlace, NonsenseIsAnError) {
  error_text(ErrorKind::kUsage, [] { place_in({{"RANK", "2"}, {"WORLD_SIZE", "2"}, {"LOCAL_WORLD_SIZE", "2"}}); });
  error_text(ErrorKind::kUsage, [] { place_in({{"RANK", "x"}, {"WORLD_SIZE", "2"}, {"LOCAL_WORLD_SIZE", "2"}}); });
  error_text(ErrorKind::kUsage, [] { place_in({{"WORLD_SIZE", "2"}}); });
  error_text(ErrorKind::kUsage, [] { place_in({{"WORLD_SIZE", "two"}}); });
}

}  // namespace
}  // namespace gulo
