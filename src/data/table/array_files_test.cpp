// Of .npz and IDX, whose bytes are made here.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <cstring>

#include "base/expect_error.h"
#include "data/table/idx_file.h"
#include "data/table/npz_file.h"
#include "data/temporary_tree.h"

namespace gulo {
namespace {

using Bytes = std::vector<uint8_t>;

template <class T>
Bytes npy(const std::string& type, const std::string& shape, const std::vector<T>& values) {
  const std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}\n", type, shape);
  std::string file("\x93NUMPY\x01\0", 8);
  file += static_cast<char>(header.size());
  file += '\0';
  file += header;
  file.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
  return {file.begin(), file.end()};
}

std::string npz_error(const NpzMembers& members) {
  return error_text(ErrorKind::kData, [&] { read_npz_members(members, "a.npz", {}); });
}

TEST(NpzFile, SeriesAndTheirLabels) {
  const auto x = npy<float>("<f4", "(3, 2)", {1, 2, 3, 4, 5, 6});
  const Corpus corpus = read_npz_members({{"X", x}, {"y", npy<int64_t>("<i8", "(3,)", {7, 10, 7})}}, "a.npz", {});
  EXPECT_EQ(corpus.kind, Kind::kSamples);
  EXPECT_EQ(corpus.labels, (std::vector<std::string>{"10", "7"}));
  EXPECT_EQ(corpus.item_labels, (std::vector<int>{1, 0, 1}));
  EXPECT_EQ(corpus.shapes[1], (ItemShape{.type = ValueType::kFloat32, .extents = {2, 1, 1}}));
  float third[2];
  std::memcpy(third, corpus.item(2).data(), sizeof third);
  EXPECT_EQ(third[0], 5);
  EXPECT_EQ(third[1], 6);
  EXPECT_EQ(corpus.names[2], "a.npz:3");
  EXPECT_EQ(read_npz_members({{"x", x}}, "a.npz", {.labelled = false}).item_labels, (std::vector<int>{-1, -1, -1}));
}

TEST(NpzFile, ChannelsAndTextLabels) {
  const auto x = npy<int16_t>("<i2", "(2, 2, 3)", std::vector<int16_t>(12, 5));
  const auto y = npy<char>("|S2", "(2,)", {'a', 'b', 'c', 0});
  const Corpus corpus = read_npz_members({{"data", x}, {"labels", y}}, "a.npz", {.min_labels = 1});
  EXPECT_EQ(corpus.shapes[0], (ItemShape{.type = ValueType::kInt16, .extents = {2, 3, 1}}));
  EXPECT_EQ(corpus.labels, (std::vector<std::string>{"ab", "c"}));
}

TEST(NpzFile, WhatIsWrongIsSaidWithTheArrays) {
  const auto x = npy<float>("<f4", "(3, 1)", {1, 2, 3});
  const auto y = npy<uint8_t>("|u1", "(2,)", {1, 2});
  expect_contains(npz_error({{"X", x}}), "X float32 (3, 1)");
  expect_contains(npz_error({{"foo", x}, {"y", y}}), "foo float32 (3, 1); y uint8 (2)");
  expect_contains(npz_error({{"X", x}, {"y", y}}), "3 items and 2 labels");
  expect_contains(npz_error({{"X", y}, {"y", y}}), "not (n, T)");
  expect_contains(npz_error({}), "no arrays");
  expect_contains(npz_error({{"X", x}, {"y", Bytes{1, 2, 3}}}), "does not begin");
  expect_contains(npz_error({{"X", Bytes(x.begin(), x.end() - 1)}, {"y", y}}), "needs 12 bytes");
}

Bytes idx(std::initializer_list<uint32_t> sizes, const Bytes& values) {
  Bytes file{0, 0, 8, static_cast<uint8_t>(sizes.size())};
  for (const uint32_t size : sizes)
    for (int shift = 24; shift >= 0; shift -= 8) file.push_back(static_cast<uint8_t>(size >> shift));
  file.insert(file.end(), values.begin(), values.end());
  return file;
}

std::string idx_error(const Bytes& pictures, const Bytes& labels) {
  return error_text(ErrorKind::kData, [&] { read_idx(pictures, labels, "images", {}); });
}

TEST(IdxFile, PicturesAndTheirLabels) {
  const Bytes values{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18};
  const Corpus corpus = read_idx(idx({3, 2, 3}, values), idx({3}, {9, 4, 9}), "images", {});
  EXPECT_EQ(corpus.kind, Kind::kPixels);
  EXPECT_EQ(corpus.shapes[0], (ItemShape{.type = ValueType::kUint8, .extents = {2, 3, 1}}));
  EXPECT_EQ(corpus.labels, (std::vector<std::string>{"4", "9"}));
  EXPECT_EQ(corpus.item_labels, (std::vector<int>{1, 0, 1}));
  EXPECT_EQ(Bytes(corpus.item(1).begin(), corpus.item(1).end()), (Bytes{7, 8, 9, 10, 11, 12}));
  EXPECT_EQ(read_idx(idx({2, 1, 2, 3}, Bytes(12)), {}, "i", {.labelled = false}).shapes[0].extents,
            (std::array<uint32_t, 3>{1, 2, 3}));
}

TEST(IdxFile, LyingHeadersAreErrors) {
  const Bytes labels = idx({2}, {0, 1});
  expect_contains(idx_error(idx({2, 1, 2}, {1, 2, 3}), labels), "claims 4 values (2 x 1 x 2) and has 3");
  expect_contains(idx_error(idx({2, 1, 2}, {1, 2, 3, 4, 5}), labels), "has 5");
  expect_contains(idx_error(idx({~0u, ~0u, ~0u}, {1}), labels), "more values than");
  expect_contains(idx_error(idx({0, ~0u, ~0u}, {}), labels), "empty");
  expect_contains(idx_error(idx({2, 1, 2}, {1, 2, 3, 4}), idx({3}, {0, 1, 2})), "2 pictures, and its labels are 3");
  expect_contains(idx_error(idx({2, 1, 2}, {1, 2, 3, 4}), {}), "no IDX");
  expect_contains(idx_error(labels, labels), "no pictures");
  expect_contains(idx_error({0, 0, 8, 3, 0, 0}, labels), "cut short");
  expect_contains(idx_error({0, 0, 13, 3}, labels), "no IDX");
}

TEST(IdxFile, FindsItsLabelsByName) {
  const TemporaryTree tree;
  const std::string pictures = tree.file("train-images-idx3-ubyte", "x");
  expect_contains(error_text(ErrorKind::kData, [&] { idx_labels_path(pictures); }), "train-labels-idx1-ubyte");
  tree.file("train-labels-idx1-ubyte.gz", "x");
  EXPECT_EQ(idx_labels_path(pictures), tree.path("train-labels-idx1-ubyte.gz"));
  tree.file("train-labels-idx1-ubyte", "x");
  EXPECT_EQ(idx_labels_path(pictures), tree.path("train-labels-idx1-ubyte"));
  EXPECT_EQ(idx_labels_path(pictures + ".gz"), tree.path("train-labels-idx1-ubyte"));
  error_text(ErrorKind::kData, [] { idx_labels_path("digits-ubyte"); });
}

TEST(IdxFile, ReadsFromTheDisk) {
  const TemporaryTree tree;
  const auto text = [](const Bytes& bytes) { return std::string(bytes.begin(), bytes.end()); };
  const std::string path = tree.file("train-images-idx3-ubyte", text(idx({3, 1, 1}, {1, 2, 3})));
  tree.file("train-labels-idx1-ubyte", text(idx({3}, {0, 1, 0})));
  EXPECT_TRUE(is_table_file(path));
  EXPECT_EQ(read_table_file(path, {}).n_items(), 3u);
}

}  // namespace
}  // namespace gulo
