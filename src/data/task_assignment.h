// Turns the label texts that readers give into what the task asks for.
//
// A reader gives each item one text. It may be the item's label; several labels with |, ; or , between them, or none;
// or a number.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "data/corpus.h"
#include "data/task.h"

namespace gulo {

struct TaskOptions {
  std::optional<Task> task = {};         // none: guess_task()
  std::vector<std::string> labels = {};  // of several labels: a recogniser's own; they come first, in this order
  size_t min_labels = 2;                 // fewer are an error, also numbers that are all the same
  bool repeating = false;                // one label an item, and no two items share one: an error
};

// What the texts look like; what the data say themselves (Corpus::declared_task) comes first. Numbers, where every text
// is one and they are not all whole, or many and with gaps between them; several labels, where a separator cuts texts
// into parts of which there are fewer than different texts; else one label.
Task guess_task(const Corpus& corpus);

// `corpus` is as readers leave it: item_labels are indices of texts in `labels`. Sets what Corpus says of its task.
// Throws Error (kData) that names `data`: too few labels, a text that is no number.
void assign_task(Corpus& corpus, const TaskOptions& options, const std::string& data);

// "12 labels"; "several labels an item (12 labels, 1.8 an item)"; "one number an item (3.2 to 9.7)".
std::string answers_text(const Corpus& corpus);

// The unit in which the numbers of `items` have mean 0 and deviation 1. Of other tasks nothing changes.
void set_number_unit(Corpus& corpus, const std::vector<uint32_t>& items);

}  // namespace gulo
