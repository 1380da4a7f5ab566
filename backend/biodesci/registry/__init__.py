"""What chain and IPFS say of models, versions, codecs and rounds, read and checked once for every room."""
