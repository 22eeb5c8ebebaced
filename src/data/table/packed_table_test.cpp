// Of tables inside a packed file, which libarchive writes here; left out of a build without it.
#include <archive.h>
#include <archive_entry.h>
#include <fmt/core.h>
#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "data/archive_reader.h"
#include "data/table/table_file.h"
#include "data/temporary_tree.h"

namespace gulo {
namespace {

void add_member(archive* writer, const char* name, const std::string& content) {
  archive_entry* entry = archive_entry_new();
  archive_entry_set_pathname(entry, name);
  archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_entry_set_perm(entry, 0644);
  archive_write_header(writer, entry);
  archive_write_data(writer, content.data(), content.size());
  archive_entry_free(entry);
}

std::string npy(const std::string& type, const std::string& shape, const std::string& values) {
  const std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}\n", type, shape);
  return std::string("\x93NUMPY\x01\0", 8) + static_cast<char>(header.size()) + '\0' + header + values;
}

std::string write_npz(const std::string& path) {
  archive* writer = archive_write_new();
  archive_write_set_format_zip(writer);
  archive_write_open_filename(writer, path.c_str());
  add_member(writer, "X.npy", npy("|u1", "(3, 2)", "abcdef"));
  add_member(writer, "y.npy", npy("|u1", "(3,)", std::string("\0\1\0", 3)));
  add_member(writer, "notes.txt", "not an array");
  archive_write_close(writer);
  archive_write_free(writer);
  return path;
}

std::string write_gz(const std::string& path, const std::string& content) {
  archive* writer = archive_write_new();
  archive_write_set_format_raw(writer);
  archive_write_add_filter_gzip(writer);
  archive_write_open_filename(writer, path.c_str());
  add_member(writer, "data", content);
  archive_write_close(writer);
  archive_write_free(writer);
  return path;
}

TEST(PackedTable, Npz) {
  const TemporaryTree tree;
  const std::string path = write_npz(tree.path("a.npz"));
  EXPECT_TRUE(is_table_file(path));
  const Corpus corpus = read_table_file(path, {});
  EXPECT_EQ(corpus.n_items(), 3u);
  EXPECT_EQ(corpus.item(2)[0], 'e');
  error_text(ErrorKind::kDevice, [&] { read_table_file(path, {.memory_bytes = 20}); });
  std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
  error_text(ErrorKind::kData, [&] { read_table_file(path, {}); });
}

TEST(PackedTable, Idx) {
  const TemporaryTree tree;
  const std::string pictures =
      write_gz(tree.path("t10k-images-idx3-ubyte.gz"), std::string("\0\0\x08\x03\0\0\0\3\0\0\0\1\0\0\0\1abc", 19));
  write_gz(tree.path("t10k-labels-idx1-ubyte.gz"), std::string("\0\0\x08\x01\0\0\0\3\0\1\0", 11));
  EXPECT_TRUE(is_table_file(pictures));
  EXPECT_EQ(read_table_file(pictures, {}).item(1)[0], 'b');
  EXPECT_EQ(unpack_file(pictures, 19).size(), 19u);
  error_text(ErrorKind::kData, [&] { unpack_file(pictures, 18); });
  std::filesystem::resize_file(pictures, std::filesystem::file_size(pictures) - 9);
  error_text(ErrorKind::kData, [&] { read_table_file(pictures, {}); });
  error_text(ErrorKind::kData, [&] { unpack_file(tree.path("absent"), 100); });
}

}  // namespace
}  // namespace gulo
