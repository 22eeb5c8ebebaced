#include "data/table/npz_file.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <initializer_list>
#include <string_view>

#include "base/error.h"
#include "base/units.h"
#include "base/utf8.h"
#include "data/archive_reader.h"
#include "data/memory.h"
#include "data/reader/npy_array.h"
#include "data/table/corpus_builder.h"

namespace gulo {
namespace {

constexpr uint64_t kMostChannels = 4096;
constexpr size_t kBlockBytes = 1 << 20;
constexpr const char* kHint = "save the items as X, (n, T) or (n, T, C), and their n labels as y by numpy.savez";

// Fewer at a member's end; nothing is taken on the archive's word.
std::vector<uint8_t> read_member(ArchiveReader& archive, uint64_t max_bytes, const std::string& path) {
  std::vector<uint8_t> bytes;
  for (std::optional<size_t> n_read = kBlockBytes; *n_read == kBlockBytes;) {
    const size_t before = bytes.size();
    bytes.resize(before + kBlockBytes);
    n_read = archive.read({bytes.data() + before, kBlockBytes});
    require(n_read.has_value(), ErrorKind::kData, "cannot be unpacked: " + printable_utf8(archive.path()), "", path);
    bytes.resize(before + *n_read);
    require(bytes.size() <= max_bytes, ErrorKind::kDevice,
            fmt::format("its arrays take more than {} of memory", format_bytes(static_cast<double>(max_bytes))),
            "give fewer items, or use a machine with more memory", path);
  }
  return bytes;
}

std::string arrays_in(const NpzMembers& members) {
  std::vector<std::string> texts;
  for (const auto& [name, file] : members) {
    try {
      const NpyArray array = parse_npy(file);
      texts.push_back(fmt::format("{} {} ({})", printable_utf8(name), array.type_name(), fmt::join(array.shape, ", ")));
    } catch (const Error&) {
      texts.push_back(printable_utf8(name) + " (unreadable)");
    }
  }
  return texts.empty() ? "it has no arrays" : fmt::format("its arrays: {}", fmt::join(texts, "; "));
}

const std::vector<uint8_t>* find_member(const NpzMembers& members, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names)
    if (const auto found = members.find(std::string(name)); found != members.end()) return &found->second;
  return nullptr;
}

NpyArray parse_member(const std::vector<uint8_t>& file, const std::string& path) {
  try {
    return parse_npy(file);
  } catch (const Error& error) {
    throw Error(error.kind(), error.message(), error.hint(), path);
  }
}

std::vector<std::string> read_labels(const NpzMembers& members, uint64_t n_items, const CorpusBuilder& builder) {
  const auto* const file = find_member(members, {"y", "Y", "label", "labels", "target", "targets"});
  if (!file) builder.fail("has no labels, an array called y; " + arrays_in(members), kHint);
  const NpyArray array = parse_member(*file, builder.path());
  if (array.shape.empty() || array.n_values() != n_items)
    builder.fail(fmt::format("has {} items and {} labels; {}", n_items, array.n_values(), arrays_in(members)), kHint);
  return npy_texts(array);
}

}  // namespace

Corpus read_npz_members(const NpzMembers& members, const std::string& path, const TableOptions& options) {
  CorpusBuilder builder(path, Kind::kSamples, options);
  const auto* const file = find_member(members, {"X", "x", "data", "features"});
  if (!file) builder.fail("has no items, an array called X; " + arrays_in(members), kHint);
  const NpyArray array = parse_member(*file, path);
  const size_t n_axes = array.shape.size();
  const uint64_t n_channels = n_axes == 3 ? array.shape[2] : 1;
  const bool text = array.code == 'S' || array.code == 'U';
  if (text || n_axes < 2 || n_axes > 3 || n_channels > kMostChannels || array.shape[1] > UINT32_MAX)
    builder.fail("its array of items is not (n, T) or (n, T, C); " + arrays_in(members), kHint);
  const auto labels = options.labelled ? read_labels(members, array.shape[0], builder) : std::vector<std::string>();
  const ItemShape shape{.type = number_type(array),
                        .extents = {static_cast<uint32_t>(array.shape[1]), static_cast<uint32_t>(n_channels), 1}};
  const std::vector<uint8_t> values = npy_numbers(array);
  for (uint64_t i = 0; i < array.shape[0]; ++i)
    builder.add(i + 1, options.labelled ? std::string_view(labels[i]) : std::string_view(), shape,
                std::span(values).subspan(i * shape.n_bytes(), shape.n_bytes()));
  return builder.finish();
}

Corpus read_npz(const std::string& path, const TableOptions& options) {
  uint64_t left_bytes = options.memory_bytes > 0 ? options.memory_bytes : free_memory_bytes() / 2;
  NpzMembers members;
  const auto archive = open_archive(path);
  SkipTally skipped;
  while (archive->next(skipped)) {
    std::string name = archive->path();
    if (archive->folder() || !name.ends_with(".npy")) continue;
    name.resize(name.size() - 4);
    auto& member = members[name] = read_member(*archive, left_bytes, path);
    left_bytes -= member.size();
  }
  return read_npz_members(members, path, options);
}

}  // namespace gulo
