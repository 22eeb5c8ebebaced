#include "base/file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "base/error.h"

namespace gulo {
namespace {

namespace fs = std::filesystem;

class FileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "gulo_file_XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::string content(const std::string& name) const {
    std::ifstream file(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void put(const std::string& name, const std::string& text) const { std::ofstream(path(name)) << text; }
  size_t n_entries() const { return static_cast<size_t>(std::distance(fs::directory_iterator(folder_), {})); }

  fs::path folder_;
};

ErrorKind kind_of_mapping(const std::string& path) {
  try {
    MappedFile file(path);
  } catch (const Error& error) {
    EXPECT_EQ(error.path(), path);
    return error.kind();
  }
  return static_cast<ErrorKind>(0);
}

TEST_F(FileTest, MapsWhatIsThere) {
  put("a", "hello");
  MappedFile file(path("a"));
  EXPECT_EQ(std::string(file.bytes().begin(), file.bytes().end()), "hello");
  MappedFile moved(std::move(file));
  EXPECT_EQ(moved.bytes().size(), 5u);
  put("empty", "");
  EXPECT_EQ(MappedFile(path("empty")).bytes().size(), 0u);
}

TEST_F(FileTest, MappingWhatIsNoFileIsADataError) {
  EXPECT_EQ(kind_of_mapping(path("absent")), ErrorKind::kData);
  EXPECT_EQ(kind_of_mapping(folder_.string()), ErrorKind::kData);
  ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(kind_of_mapping(path("pipe")), ErrorKind::kData);  // and does not wait for a writer
}

TEST_F(FileTest, CommitReplacesTheWholeFile) {
  put("model", "a longer text that was there before");
  AtomicFile file(path("model"));
  file.write("new ");
  file.write("text");
  EXPECT_EQ(content("model"), "a longer text that was there before");
  file.commit();
  EXPECT_EQ(content("model"), "new text");
  EXPECT_EQ(n_entries(), 1u);
}

TEST_F(FileTest, WithoutCommitNothingChanges) {
  put("model", "old");
  {
    AtomicFile(path("model")).write("half of the ne");
  }
  EXPECT_EQ(content("model"), "old");
  EXPECT_EQ(n_entries(), 1u);
}

TEST_F(FileTest, NewFilesHaveTheUsersUsualPermissions) {
  const mode_t mask = umask(022);
  AtomicFile file(path("model"));
  file.commit();
  umask(mask);
  EXPECT_EQ(fs::status(path("model")).permissions(), static_cast<fs::perms>(0644));
}

TEST_F(FileTest, WritingWhereThereIsNoFolderIsADeviceError) {
  try {
    AtomicFile file(path("absent/model"));
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kDevice);
    EXPECT_EQ(error.path(), path("absent/model"));
  }
}

TEST_F(FileTest, AFolderInThePlaceOfTheFileIsNamedAsTheReason) {
  fs::create_directory(path("model"));
  AtomicFile file(path("model"));
  try {
    file.commit();
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(error.message().find("Is a directory"), std::string::npos) << error.message();
  }
}

// /dev/full answers every write like a full disk. AtomicFile makes its file beside the path and so cannot be pointed at
// it; a limit on the file's size gives the same failing write.
TEST_F(FileTest, AFullDiskLeavesWhatWasThere) {
  put("model", "old");
  const auto write_too_much = [&] {
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit limit{.rlim_cur = 1000, .rlim_max = RLIM_INFINITY};
    setrlimit(RLIMIT_FSIZE, &limit);
    try {
      AtomicFile file(path("model"));
      file.write(std::string(5000, 'x'));
    } catch (const Error& error) {
      _exit(static_cast<int>(error.kind()));
    }
    _exit(0);
  };
  EXPECT_EXIT(write_too_much(), ::testing::ExitedWithCode(static_cast<int>(ErrorKind::kDevice)), "");
  EXPECT_EQ(content("model"), "old");
  EXPECT_EQ(n_entries(), 1u);
}

TEST(ProgramFolder, HoldsThisProgram) { EXPECT_TRUE(fs::exists(program_folder() + "/gulo_base_test")); }

}  // namespace
}  // namespace gulo
