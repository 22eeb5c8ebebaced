#include "data/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <map>

#include "base/expect_error.h"
#include "data/corpus.h"
#include "data/temporary_tree.h"

namespace gulo {
namespace {

using Files = std::map<std::string, std::string>;  // path to content

// Writes archives member by member, also such as no sane program would write.
class ArchiveWriter {
 public:
  explicit ArchiveWriter(const std::string& path, const char* options = nullptr) : archive_(archive_write_new()) {
    if (path.ends_with(".zip"))
      archive_write_set_format_zip(archive_);
    else
      archive_write_set_format_pax_restricted(archive_);
    if (path.ends_with(".zst")) archive_write_add_filter_zstd(archive_);
    if (path.ends_with("gz")) archive_write_add_filter_gzip(archive_);
    if (path.ends_with(".xz")) archive_write_add_filter_xz(archive_);
    if (options) archive_write_set_options(archive_, options);
    archive_write_set_passphrase(archive_, "secret");
    EXPECT_EQ(archive_write_open_filename(archive_, path.c_str()), ARCHIVE_OK) << archive_error_string(archive_);
  }
  ArchiveWriter(const ArchiveWriter&) = delete;
  ArchiveWriter& operator=(const ArchiveWriter&) = delete;
  ~ArchiveWriter() { archive_write_free(archive_); }

  void file(const std::string& path, const std::string& content) { member(path, AE_IFREG, content, "", ""); }
  void folder(const std::string& path) { member(path, AE_IFDIR, "", "", ""); }
  void link(const std::string& path, const std::string& target) { member(path, AE_IFLNK, "", target, ""); }
  void hard_link(const std::string& path, const std::string& target) { member(path, AE_IFREG, "", "", target); }
  void pipe(const std::string& path) { member(path, AE_IFIFO, "", "", ""); }

 private:
  void member(const std::string& path, unsigned type, const std::string& content, const std::string& link,
              const std::string& hard_link) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, path.c_str());
    archive_entry_set_filetype(entry, type);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
    if (!link.empty()) archive_entry_set_symlink(entry, link.c_str());
    if (!hard_link.empty()) archive_entry_set_hardlink(entry, hard_link.c_str());
    EXPECT_GE(archive_write_header(archive_, entry), ARCHIVE_WARN) << archive_error_string(archive_);
    archive_entry_free(entry);
    EXPECT_EQ(archive_write_data(archive_, content.data(), content.size()), static_cast<la_ssize_t>(content.size()));
  }

  archive* archive_;
};

constexpr const char* kEndings[] = {".tar", ".tar.zst", ".tar.gz", ".tgz", ".tar.xz", ".zip"};

Files sample_files() {
  Files files{{"train/cat/empty", ""},
              {"train/caf\xC3\xA9/x", "not ASCII"},
              {"train/cat/.hidden", "h"},
              {"train/cat/deep/er/" + std::string(150, 'n'), "a name longer than a tar header's field"},
              {"test/cat/y", "0123456789"}};
  std::string big(400000, 0);
  for (size_t i = 0; i < big.size(); ++i) big[i] = static_cast<char>(i * 2654435761u >> 11);
  files["test/dog/big"] = big;
  for (int i = 0; i < 100; ++i) files[fmt::format("train/dog/{:03}", i)] = std::string(i * 13, static_cast<char>(i));
  return files;
}

void write_all(const std::string& path, const Files& files, const std::string& above = "") {
  ArchiveWriter writer(path);
  // Not in the order of names, as archives are.
  for (auto place = files.rbegin(); place != files.rend(); ++place) writer.file(above + place->first, place->second);
}

// Every item as "name below DATA, label, content".
std::vector<std::string> everything(const std::string& data, const SourceOptions& options, size_t prefix) {
  const Listing listing = list_source(data, options);
  const Corpus corpus = read_corpus(listing, {.n_threads = 2});
  EXPECT_EQ(corpus.n_items(), listing.items.size());
  std::vector<std::string> all;
  for (size_t i = 0; i < corpus.n_items(); ++i) {
    const auto bytes = corpus.item(i);
    EXPECT_EQ(listing.items[i].size_bytes, bytes.size()) << corpus.names[i];
    all.push_back(corpus.names[i].substr(prefix) + " | " + corpus.labels.at(corpus.item_labels[i]) + " | " +
                  std::string(bytes.begin(), bytes.end()));
  }
  return all;
}

TEST(Archive, EveryFormHoldsWhatTheFolderHolds) {
  const TemporaryTree tree;
  for (const auto& [path, content] : sample_files()) tree.file("set/" + path, content);
  for (const Split split : {Split::kAll, Split::kTrain, Split::kTest}) {
    const SourceOptions kept{.split = split, .label_column = ""};
    const SourceOptions read_twice{.split = split, .label_column = "", .min_labels = 2, .keep_bytes = 0};
    const auto expected = everything(tree.path("set"), kept, tree.path("set/").size());
    ASSERT_EQ(expected.size(), split == Split::kAll ? 106u : split == Split::kTrain ? 104u : 2u);
    for (const std::string ending : kEndings) {
      const std::string path = tree.path("packed" + ending);
      write_all(path, sample_files());
      EXPECT_TRUE(everything(path, kept, 0) == expected) << ending;
      EXPECT_TRUE(everything(path, read_twice, 0) == expected) << ending;
      write_all(path, sample_files(), "./above/");
      EXPECT_TRUE(everything(path, kept, 6) == expected) << ending << " below a single folder";
    }
  }
}

TEST(Archive, ContentsAreKeptWithinTheirLimitOnly) {
  const TemporaryTree tree;
  const std::string path = tree.path("a.tar.zst");
  write_all(path, {{"a/1", std::string(1000, 'x')}, {"b/2", std::string(500, 'y')}});
  const Listing kept =
      list_source(path, {.split = Split::kAll, .label_column = "", .min_labels = 2, .keep_bytes = 1500});
  ASSERT_TRUE(kept.contents);
  EXPECT_EQ(kept.contents->size(), 1500u);
  EXPECT_TRUE(kept.archive);
  const Listing dropped =
      list_source(path, {.split = Split::kAll, .label_column = "", .min_labels = 2, .keep_bytes = 1499});
  EXPECT_FALSE(dropped.contents);
  EXPECT_EQ(dropped.items[0].size_bytes, 1000u);
}

TEST(Archive, LinksPipesPathsThatLeadOutAndSecondMembersAreCounted) {
  const TemporaryTree tree;
  const std::string path = tree.path("a.tar");
  {
    ArchiveWriter writer(path);
    writer.folder("a");
    writer.folder("empty");
    writer.file("a/1", "first");
    writer.file("./a//1", "second");
    writer.file("b/2", "");
    writer.file("/etc/absolute", "");
    writer.file("b/../../climbs", "");
    writer.link("b/link", "2");
    writer.hard_link("b/hard", "b/2");
    writer.pipe("b/pipe");
  }
  testing::internal::CaptureStderr();
  const Listing listing = list_source(path, {});
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_EQ(listing.items.size(), 2u);
  EXPECT_EQ(listing.n_skipped, 6u);
  for (const char* part : {"links inside the archive: 2", "leads out of the archive: 2", "earlier member: 1",
                           "devices, pipes and sockets inside the archive: 1", "label 'empty' has no files"})
    EXPECT_NE(said.find(part), std::string::npos) << part << "\n" << said;
  const Corpus corpus = read_corpus(listing, {});
  EXPECT_EQ(std::string(corpus.item(0).begin(), corpus.item(0).end()), "first");
}

TEST(Archive, NamesInNoEncoding) {
  const TemporaryTree tree;
  for (const std::string ending : {".tar", ".zip"}) {
    const std::string path = tree.path("a" + ending);
    write_all(path, {{"caf\xE9/\xFF", "1"}, {"b/2", "2"}});
    for (const uint64_t keep_bytes : {100, 0}) {
      const SourceOptions options{.split = Split::kAll, .label_column = "", .min_labels = 2, .keep_bytes = keep_bytes};
      EXPECT_EQ(everything(path, options, 0),
                (std::vector<std::string>{"b/2 | b | 2", "caf\\xe9/\\xff | caf\\xe9 | 1"}))
          << ending;
    }
  }
}

// Both ways of reading fail alike.
void expect_broken(const std::string& path) {
  for (const uint64_t keep_bytes : {uint64_t{1} << 30, uint64_t{0}}) {
    const std::string said = error_text(ErrorKind::kData, [&] {
      const Listing listing =
          list_source(path, {.split = Split::kAll, .label_column = "", .min_labels = 2, .keep_bytes = keep_bytes});
      read_corpus(listing, {});
    });
    EXPECT_NE(said.find(path), std::string::npos) << said;
  }
}

TEST(Archive, CutShortAnywhereIsAnErrorThatNamesIt) {
  const TemporaryTree tree;
  for (const std::string ending : kEndings) {
    const std::string whole = tree.path("whole" + ending), cut = tree.path("cut" + ending);
    write_all(whole, sample_files());
    const auto n_bytes = std::filesystem::file_size(whole);
    for (const double fraction : {0.02, 0.3, 0.6, 0.95}) {
      if (ending == ".tar" && fraction > 0.9) continue;  // only the empty blocks at its end are missing
      std::filesystem::copy_file(whole, cut, std::filesystem::copy_options::overwrite_existing);
      std::filesystem::resize_file(cut, static_cast<uintmax_t>(static_cast<double>(n_bytes) * fraction) + 100);
      SCOPED_TRACE(fmt::format("{} {}", ending, fraction));
      expect_broken(cut);
    }
  }
}

TEST(Archive, WhatIsNoArchiveIsAnError) {
  const TemporaryTree tree;
  for (const std::string ending : kEndings) {
    expect_broken(tree.file("empty" + ending, ""));
    expect_broken(tree.file("text" + ending, "this is not an archive at all, whatever its name says\n"));
  }
}

TEST(Archive, DamagedAndEncryptedZipMembersAreBadItemsAndTheRestIsRead) {
  const TemporaryTree tree;
  const std::string path = tree.path("a.zip");
  {
    ArchiveWriter writer(path, "zip:compression=store");
    writer.file("a/1", "unharmed");
    writer.file("a/2", "some bytes to be damaged");
    writer.file("b/3", "unharmed");
  }
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  std::string bytes(std::filesystem::file_size(path), 0);
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.seekp(static_cast<std::streamoff>(bytes.find("some bytes") + 3));
  file.put('E');
  file.close();
  for (const uint64_t keep_bytes : {1000, 0}) {
    const Listing listing =
        list_source(path, {.split = Split::kAll, .label_column = "", .min_labels = 2, .keep_bytes = keep_bytes});
    testing::internal::CaptureStderr();
    const Corpus corpus = read_corpus(listing, {.max_bad_fraction = 0.5});
    EXPECT_NE(testing::internal::GetCapturedStderr().find("a/2 (cannot be unpacked)"), std::string::npos);
    EXPECT_EQ(corpus.n_bad, 1u);
    EXPECT_EQ(corpus.names, (std::vector<std::string>{"a/1", "b/3"}));
  }

  const std::string secret = tree.path("secret.zip");
  {
    ArchiveWriter writer(secret, "zip:encryption=traditional");
    writer.file("a/1", "hidden");
    writer.file("b/2", "hidden");
  }
  const std::string said = error_text(ErrorKind::kData, [&] { read_corpus(list_source(secret, {}), {}); });
  EXPECT_NE(said.find("2 of 2 items"), std::string::npos) << said;
}

TEST(Archive, ChangedBetweenListingAndReading) {
  const TemporaryTree tree;
  const std::string path = tree.path("a.tar");
  write_all(path, {{"a/1", "one"}, {"a/2", "two"}, {"b/3", "three"}, {"b/4", "four"}});
  const Listing listing =
      list_source(path, {.split = Split::kAll, .label_column = "", .min_labels = 2, .keep_bytes = 0});
  write_all(path, {{"a/1", "o"}, {"b/3", "three and more"}, {"b/4", "four"}, {"c/5", "new"}});
  const Corpus corpus = read_corpus(listing, {.max_bad_fraction = 0.25});
  EXPECT_EQ(corpus.n_bad, 1u);
  std::vector<std::string> contents;
  for (size_t i = 0; i < corpus.n_items(); ++i) contents.emplace_back(corpus.item(i).begin(), corpus.item(i).end());
  EXPECT_EQ(contents, (std::vector<std::string>{"o", "three", "four"}));
}

TEST(Archive, ItsErrorsAreThoseOfFolders) {
  const TemporaryTree tree;
  const std::string path = tree.path("a.tar");
  write_all(path, {{"1", ""}, {"2", ""}});
  EXPECT_NE(error_text(ErrorKind::kData, [&] { list_source(path, {}); }).find("holds 2 files but none in a label's"),
            std::string::npos);
  write_all(path, {{"a/1", ""}});
  EXPECT_NE(error_text(ErrorKind::kData, [&] { list_source(path, {}); }).find("one label, 'a'"), std::string::npos);
  write_all(path, {});
  EXPECT_NE(error_text(ErrorKind::kData, [&] { list_source(path, {}); }).find("holds no files"), std::string::npos);
}

TEST(Archive, AHeaderThatClaimsMoreThanThereIsTakesNoMemory) {
  const TemporaryTree tree;
  const std::string path = tree.path("a.tar");
  write_all(path, {{"a/1", "x"}, {"b/2", "y"}});
  std::string bytes(std::filesystem::file_size(path), 0);
  std::ifstream(path, std::ios::binary).read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  // The size of the first member becomes 7 TiB; its checksum is made right again.
  bytes.replace(124, 12, std::string("77777777777\0", 12));
  bytes.replace(148, 8, "        ");
  unsigned sum = 0;
  for (size_t i = 0; i < 512; ++i) sum += static_cast<unsigned char>(bytes[i]);
  bytes.replace(148, 8, fmt::format("{:06o}", sum) + std::string("\0 ", 2));
  tree.file("a.tar", bytes);
  expect_broken(path);
}

TEST(Archive, KnownByItsName) {
  for (const char* name : {"a.tar", "A.TAR.ZST", "d/a.tar.gz", "a.tgz", "a.tar.xz", "a.zip", "a.tar.bz2"})
    EXPECT_TRUE(has_archive_name(name)) << name;
  for (const char* name : {"a", "a.gz", "tar", "a.tar/b", "a.csv", ""}) EXPECT_FALSE(has_archive_name(name)) << name;
}

}  // namespace
}  // namespace gulo
