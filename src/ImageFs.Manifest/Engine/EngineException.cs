namespace ImageFs.Manifest.Engine;

/// <summary>Linux cannot mount this by itself, here or at all.</summary>
/// <param name="reason">Why, and what would help: a sentence without its full stop.</param>
/// <param name="inner">The error that said so; null when there was none.</param>
public sealed class EngineException(string reason, Exception? inner = null) : Exception(reason, inner);
