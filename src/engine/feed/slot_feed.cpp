#include "engine/feed/slot_feed.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/units.h"
#include "engine/device/device_graph.h"
#include "kernel/cuda_device.h"

namespace gulo {
namespace {

// The rest is the network's.
constexpr double kCorpusShare = 0.5;

at::Tensor upload_bytes(const Corpus& corpus, const at::Device& device) {
  if (device.is_cuda()) {
    const auto devices = cuda_devices();
    const auto index = static_cast<size_t>(std::max<int>(0, device.index()));
    const double room = index < devices.size() ? kCorpusShare * static_cast<double>(devices[index].memory_bytes) : 0;
    require(static_cast<double>(corpus.n_bytes()) <= room, ErrorKind::kDevice,
            fmt::format("the items' {} do not fit on the device, which has room for {}",
                        format_bytes(static_cast<double>(corpus.n_bytes())), format_bytes(room)),
            "use --device cpu, which streams them");
  }
  const auto n_bytes = static_cast<int64_t>(corpus.n_bytes() + Corpus::kArenaPadding);
  return at::from_blob(const_cast<uint8_t*>(corpus.arena.data()), {n_bytes}, at::kByte)
      .to(device, at::kByte, false, true);
}

at::Tensor upload(const std::vector<int64_t>& values, const at::Device& device) {
  return at::tensor(values, at::kLong).to(device);
}

template <class T>
T* pointer(const at::Tensor& tensor) {
  return static_cast<T*>(tensor.data_ptr());
}

}  // namespace

SlotFeed::SlotFeed(const Corpus& corpus, const std::vector<uint32_t>& items, const SlotBytesShape& shape,
                   const at::Device& device)
    : shape_(shape), arena_(upload_bytes(corpus, device)), step_(at::zeros({1}, at::device(device).dtype(at::kLong))) {
  std::vector<int64_t> begins, sizes, labels;
  for (const uint32_t item : items) {
    begins.push_back(static_cast<int64_t>(corpus.offsets[item]));
    sizes.push_back(static_cast<int64_t>(corpus.offsets[item + 1] - corpus.offsets[item]));
    labels.push_back(corpus.item_labels[item]);
  }
  look_at_slots({nullptr, begins.data(), sizes.data(), labels.data(), items.size()});
  begins_ = upload(begins, device);
  sizes_ = upload(sizes, device);
  labels_ = upload(labels, device);
}

// The host draws as the device does.
void SlotFeed::look_at_slots(const SlotItems& items) {
  const uint64_t n = std::min<uint64_t>(items.n_items, 4096);
  for (uint64_t k = 0; k < n; ++k) {
    const SlotDraw draw = draw_slot(shape_, items, k);
    mean_rows_ +=
        std::max(1.0, static_cast<double>((draw.lead + draw.n_bytes + shape_.row_bytes - 1) / shape_.row_bytes));
    mean_bytes_ += draw.n_bytes;
  }
  mean_rows_ /= static_cast<double>(n);
  mean_bytes_ /= static_cast<double>(n);
}

DrawnSlots SlotFeed::next() {
  const int64_t n_rows = int64_t{shape_.n_slots} * shape_.slot_rows;
  const auto options = arena_.options();
  const DrawnSlots drawn{at::empty({n_rows * shape_.row_bytes}, options.dtype(at::kShort)),
                         at::empty({n_rows}, options), at::empty({int64_t{shape_.n_slots}}, options.dtype(at::kLong))};
  const SlotBytes kernel{shape_,
                         {pointer<uint8_t>(arena_), pointer<int64_t>(begins_), pointer<int64_t>(sizes_),
                          pointer<int64_t>(labels_), static_cast<uint64_t>(labels_.size(0))},
                         pointer<int64_t>(step_),
                         pointer<uint16_t>(drawn.values),
                         pointer<uint8_t>(drawn.keep),
                         pointer<int64_t>(drawn.labels)};
  if (arena_.is_cuda())
    slot_bytes_cuda(kernel, current_cuda_stream());
  else
    run_on_host(kernel);
  step_.add_(1);
  return drawn;
}

double SlotFeed::epochs(int64_t n_steps) const {
  return static_cast<double>(n_steps) * shape_.n_slots / static_cast<double>(labels_.size(0));
}

}  // namespace gulo
