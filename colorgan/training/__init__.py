"""Training by a recipe: one loop, from photos to a run's folder.

loop.py          a run from its start or a checkpoint to the trained model
step.py          one step: the discriminator's phase, the generator's phase
player.py        a network with its optimiser, learning rate and clipping
state.py         both players and the averaged weights, in and out of checkpoints
ema.py           averaged weights
networks.py      a recipe's networks, and the weights they start from
optimising.py    optimisers and learning rates
batches.py       photos -> what a step trains on
cells.py         the colours that a distribution head tells apart
vocabulary.py    the colour words, and the scale of what they read
hinting.py       what words and painter are taught, photo by photo
gain.py          how much the trained model's chroma is scaled
validation.py    metrics, sheets and curves while a run trains
word_validation.py  the same of words: what hints gain, and sheets with them
checkpoints.py   checkpoints that a power cut cannot break
parallel.py      the same training on any number of processes
record.py        losses and metrics, where people look
provenance.py    recipe.json: what was trained, how, on what
run_folder.py    what a run's files are called
flags.py         flags -> recipe and run
describe.py      the tables of docs/training.md
sizes.py         the sizes that a recipe's networks can be trained at
"""
