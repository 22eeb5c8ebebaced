#include "model/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string_view>

#include <fmt/format.h>
#include <xxhash.h>

#include "base/error.h"
#include "model/json_fields.h"
#include "model/json_text.h"

namespace gulo {
namespace {

using nlohmann::json;

constexpr uint64_t kLengthBytes = 8;               // the header's length, little-endian
constexpr uint64_t kMaxHeaderBytes = 100'000'000;  // the limit of the format's own library
constexpr uint64_t kAlignmentBytes = 64;
constexpr std::string_view kMetadataKey = "__metadata__";
constexpr std::string_view kChecksumKey = "xxh3";
constexpr std::string_view kChecksumField = "\"xxh3\":\"";  // cannot occur inside a JSON string: its quotes are bare
constexpr std::string_view kZeroDigits = "0000000000000000";

static_assert(std::endian::native == std::endian::little, "the format is little-endian, and tensors are used in place");

void require_intact(bool condition, const std::string& message, const std::string& path) {
  require(condition, ErrorKind::kData, message, kDamagedHint, path);
}

// Bytes of one element, or 0 for a dtype that is not known.
uint64_t element_bytes(std::string_view dtype) {
  static const std::map<std::string_view, uint64_t> bytes_of = {
      {"F64", 8},  {"I64", 8}, {"U64", 8}, {"F32", 4}, {"I32", 4}, {"U32", 4}, {"F16", 2},
      {"BF16", 2}, {"I16", 2}, {"U16", 2}, {"I8", 1},  {"U8", 1},  {"BOOL", 1}};
  const auto found = bytes_of.find(dtype);
  return found == bytes_of.end() ? 0 : found->second;
}

void check_size(const std::string& name, const TensorView& tensor, const std::string& path) {
  uint64_t n_bytes = element_bytes(tensor.dtype);
  require_intact(n_bytes > 0, fmt::format("tensor '{}': unknown dtype '{}'", name, tensor.dtype), path);
  for (const uint64_t extent : tensor.shape)
    require_intact(!__builtin_mul_overflow(n_bytes, extent, &n_bytes),
                   fmt::format("tensor '{}': shape has more elements than can be counted", name), path);
  require_intact(n_bytes == tensor.bytes.size(),
                 fmt::format("tensor '{}': data_offsets hold {} bytes, dtype and shape ask for {}", name,
                             tensor.bytes.size(), n_bytes),
                 path);
}

// ---- writing

// Holes are not allowed, so a tensor starts where the one before it ends. Sorted by the largest power of two (up to 64)
// in their sizes, all start at a multiple of that power: always aligned to their elements, and mostly to 64 bytes.
std::vector<TensorMap::const_iterator> storage_order(const TensorMap& tensors) {
  std::vector<TensorMap::const_iterator> order;
  for (auto it = tensors.begin(); it != tensors.end(); ++it) order.push_back(it);
  const auto alignment = [](TensorMap::const_iterator it) {
    return uint64_t{1} << std::countr_zero(uint64_t{it->second.bytes.size()} | kAlignmentBytes);
  };
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return alignment(a) > alignment(b); });
  return order;
}

// The file up to the first tensor, with zeros for the checksum.
std::string prefix_text(const std::vector<TensorMap::const_iterator>& order,
                        const std::map<std::string, std::string>& metadata) {
  json header;
  header[std::string(kMetadataKey)] = metadata;
  header[std::string(kMetadataKey)][std::string(kChecksumKey)] = kZeroDigits;
  uint64_t begin = 0;
  for (const auto& it : order) {
    const TensorView& tensor = it->second;
    header[it->first] = {
        {"dtype", tensor.dtype}, {"shape", tensor.shape}, {"data_offsets", {begin, begin + tensor.bytes.size()}}};
    begin += tensor.bytes.size();
  }
  std::string text(kLengthBytes, '\0');
  text += json_line(header);
  text.resize((text.size() + kAlignmentBytes - 1) / kAlignmentBytes * kAlignmentBytes, ' ');
  const uint64_t header_bytes = text.size() - kLengthBytes;
  std::memcpy(text.data(), &header_bytes, kLengthBytes);
  return text;
}

// ---- checksum

class Xxh3 {
 public:
  Xxh3() { XXH3_64bits_reset(&state_); }
  void add(std::string_view text) { XXH3_64bits_update(&state_, text.data(), text.size()); }
  void add(std::span<const uint8_t> bytes) { XXH3_64bits_update(&state_, bytes.data(), bytes.size()); }
  std::string digits() const { return fmt::format("{:016x}", XXH3_64bits_digest(&state_)); }

 private:
  XXH3_state_t state_;
};

void check_checksum(std::span<const uint8_t> bytes, size_t prefix_bytes, const std::string& digits,
                    const std::string& path) {
  const std::string_view prefix(reinterpret_cast<const char*>(bytes.data()), prefix_bytes);
  const size_t field = prefix.find(std::string(kChecksumField) + digits);
  require_intact(digits.size() == kZeroDigits.size() && field != std::string_view::npos,
                 "metadata 'xxh3' is not a checksum of 16 hexadecimal digits", path);
  const size_t begin = field + kChecksumField.size(), end = begin + kZeroDigits.size();
  Xxh3 hash;
  hash.add(bytes.first(begin));
  hash.add(kZeroDigits);
  hash.add(bytes.subspan(end));
  require_intact(hash.digits() == digits,
                 fmt::format("metadata 'xxh3': the checksum is {}, the file's bytes give {}", digits, hash.digits()),
                 path);
}

// ---- reading

uint64_t header_length(std::span<const uint8_t> bytes) {
  uint64_t length = 0;
  std::memcpy(&length, bytes.data(), kLengthBytes);
  return length;
}

json read_header(std::span<const uint8_t> bytes, const std::string& path) {
  require_intact(bytes.size() >= kLengthBytes,
                 fmt::format("header length: the file is cut short after {} bytes", bytes.size()), path);
  const uint64_t length = header_length(bytes);
  require_intact(length <= kMaxHeaderBytes, fmt::format("header length: {} bytes is absurd", length), path);
  require_intact(length <= bytes.size() - kLengthBytes,
                 fmt::format("header: {} bytes long, but the file is cut short after {}", length, bytes.size()), path);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + kLengthBytes, length);
  json header = parse_json(text, "header", path);
  require_intact(header.is_object(), "header: is not a JSON object", path);
  return header;
}

std::map<std::string, std::string> read_metadata(const json& entry, const std::string& path) {
  require_intact(entry.is_object(), "metadata: is not a JSON object", path);
  std::map<std::string, std::string> metadata;
  for (const auto& [key, value] : entry.items()) {
    require_intact(value.is_string(), fmt::format("metadata '{}': is not a text", key), path);
    metadata[key] = value.get_ref<const std::string&>();
  }
  return metadata;
}

std::vector<uint64_t> read_counts(const json& entry, const std::string& name, const char* key,
                                  const std::string& path) {
  const auto found = entry.find(key);
  require_intact(found != entry.end() && found->is_array() &&
                     std::all_of(found->begin(), found->end(), [](const json& n) { return n.is_number_unsigned(); }),
                 fmt::format("tensor '{}': {} is not a list of counts", name, key), path);
  return found->get<std::vector<uint64_t>>();
}

TensorView read_tensor(const std::string& name, const json& entry, std::span<const uint8_t> data,
                       const std::string& path) {
  require_intact(entry.is_object(), fmt::format("tensor '{}': is not a JSON object", name), path);
  const auto dtype = entry.find("dtype");
  require_intact(dtype != entry.end() && dtype->is_string(), fmt::format("tensor '{}': dtype is not a text", name),
                 path);
  TensorView tensor;
  tensor.dtype = dtype->get<std::string>();
  tensor.shape = read_counts(entry, name, "shape", path);
  const std::vector<uint64_t> offsets = read_counts(entry, name, "data_offsets", path);
  require_intact(offsets.size() == 2 && offsets[0] <= offsets[1],
                 fmt::format("tensor '{}': data_offsets is not [begin, end]", name), path);
  require_intact(offsets[1] <= data.size(),
                 fmt::format("tensor '{}': data_offsets end at {}, but the file is cut short after {} bytes of data",
                             name, offsets[1], data.size()),
                 path);
  tensor.bytes = data.subspan(offsets[0], offsets[1] - offsets[0]);
  check_size(name, tensor, path);
  require_intact(reinterpret_cast<uintptr_t>(tensor.bytes.data()) % element_bytes(tensor.dtype) == 0,
                 fmt::format("tensor '{}': data_offsets are not aligned to its elements", name), path);
  return tensor;
}

// Every byte of the data belongs to exactly one tensor, as the format demands.
void check_coverage(const TensorMap& tensors, std::span<const uint8_t> data, const std::string& path) {
  std::vector<TensorMap::const_iterator> order;
  for (auto it = tensors.begin(); it != tensors.end(); ++it) order.push_back(it);
  const auto begin_of = [&](TensorMap::const_iterator it) {
    return static_cast<uint64_t>(it->second.bytes.data() - data.data());
  };
  std::sort(order.begin(), order.end(), [&](auto a, auto b) {
    return std::pair(begin_of(a), a->second.bytes.size()) < std::pair(begin_of(b), b->second.bytes.size());
  });
  uint64_t end = 0;
  for (const auto& it : order) {
    require_intact(begin_of(it) == end,
                   fmt::format("tensor '{}': data_offsets {} the tensor before it", it->first,
                               begin_of(it) < end ? "overlap" : "leave a hole after"),
                   path);
    end += it->second.bytes.size();
  }
  require_intact(end == data.size(), fmt::format("data: {} bytes are left over", data.size() - end), path);
}

}  // namespace

uint64_t TensorView::n_elements() const {
  uint64_t n = 1;
  for (const uint64_t extent : shape) n *= extent;
  return n;
}

const TensorView& require_tensor(const TensorMap& tensors, const std::string& name, const std::string& dtype,
                                 const std::vector<uint64_t>& shape) {
  const auto found = tensors.find(name);
  require_valid(found != tensors.end(), fmt::format("tensor '{}' is absent", name));
  const TensorView& tensor = found->second;
  require_valid(tensor.dtype == dtype, fmt::format("tensor '{}' is {}, not {}", name, tensor.dtype, dtype));
  require_valid(tensor.shape == shape, fmt::format("tensor '{}' has shape [{}], not [{}]", name,
                                                   fmt::join(tensor.shape, ", "), fmt::join(shape, ", ")));
  return tensor;
}

bool looks_like_safetensors(std::span<const uint8_t> bytes) {
  return bytes.size() > kLengthBytes && header_length(bytes) <= kMaxHeaderBytes && bytes[kLengthBytes] == '{';
}

void write_safetensors(const std::string& path, const TensorMap& tensors,
                       const std::map<std::string, std::string>& metadata) {
  for (const auto& [name, tensor] : tensors) {
    require(name != kMetadataKey, ErrorKind::kData, fmt::format("no tensor can be called '{}'", name), "", path);
    check_size(name, tensor, path);
  }
  const auto order = storage_order(tensors);
  std::string prefix = prefix_text(order, metadata);
  require(prefix.size() - kLengthBytes <= kMaxHeaderBytes, ErrorKind::kData,
          "the header would be longer than the 100 MB that readers accept", "use fewer or shorter labels", path);
  Xxh3 hash;
  hash.add(std::string_view(prefix));
  for (const auto& it : order) hash.add(it->second.bytes);
  prefix.replace(prefix.find(kChecksumField) + kChecksumField.size(), kZeroDigits.size(), hash.digits());

  AtomicFile file(path);
  file.write(prefix);
  for (const auto& it : order) file.write(it->second.bytes.data(), it->second.bytes.size());
  file.commit();
}

SafetensorsFile read_safetensors(const std::string& path) {
  SafetensorsFile result;
  result.file = MappedFile(path);
  const std::span<const uint8_t> bytes = result.file.bytes();
  const json header = read_header(bytes, path);
  const size_t prefix_bytes = kLengthBytes + header_length(bytes);
  const std::span<const uint8_t> data = bytes.subspan(prefix_bytes);
  for (const auto& [name, entry] : header.items()) {
    if (name == kMetadataKey) {
      result.metadata = read_metadata(entry, path);
    } else {
      result.tensors[name] = read_tensor(name, entry, data, path);
    }
  }
  check_coverage(result.tensors, data, path);
  const auto checksum = result.metadata.find(std::string(kChecksumKey));
  if (checksum != result.metadata.end()) check_checksum(bytes, prefix_bytes, checksum->second, path);
  return result;
}

}  // namespace gulo
