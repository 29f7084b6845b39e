namespace EdgeMesh.Storage;

/// <summary>A data directory cannot be used: not writable, in use by another process, or of a later version. The message is one line for the user.</summary>
/// <param name="message">What is wrong, with the directory's name.</param>
/// <param name="cause">What the system said.</param>
public sealed class DataDirectoryException(string message, Exception? cause = null) : Exception(message, cause);
