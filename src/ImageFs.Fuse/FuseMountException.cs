namespace ImageFs.Fuse;

/// <summary>A mount could not be made, asked or taken away. The message says what is wrong and what to do next.</summary>
/// <param name="message">What, and what next.</param>
public sealed class FuseMountException(string message) : Exception(message);
